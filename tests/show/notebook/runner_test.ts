import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  joined,
  kitRoot,
  type Notebook,
  notebookText,
  type Output,
} from "../../../tasks/notebook/notebook_file.ts";
import { Kernel } from "../../../tasks/notebook/kernel.ts";
import { runNotebook } from "../../../tasks/notebook/runner.ts";

const FOLDER = `${kitRoot()}/tests/show/notebook`;

/** A notebook of code cells; a cell may be given with its tags. */
function notebookOf(...sources: (string | [string, string])[]): Notebook {
  const cells = sources.map((entry) => {
    const [source, tag] = Array.isArray(entry) ? entry : [entry];
    return {
      cell_type: "code" as const,
      metadata: tag ? { tags: [tag] } : {},
      source,
    };
  });
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

function run(notebook: Notebook, timeoutMs = 60_000) {
  return runNotebook(notebook, { folder: FOLDER, timeoutMs });
}

function printed(outputs: Output[] | undefined): string {
  return (outputs ?? []).map((output) =>
    output.output_type === "stream" ? joined(output.text) : ""
  ).join("");
}

/** A process that has ended may stay listed as a zombie until it is waited for. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/stat`);
    return !/\) [ZX] /.test(status);
  } catch {
    return false;
  }
}

Deno.test("every line, result and display is stored, in its own cell and in order", async () => {
  const notebook = notebookOf(
    "for (let i = 0; i < 1000; i++) console.log(i);",
    "const x: number = 6; x * 7",
    "await Deno.jupyter.display({ 'text/plain': 'first' }, { raw: true, " +
      "display_id: 'a' });",
    "await Deno.jupyter.display({ 'text/plain': 'redrawn' }, { raw: true, " +
      "display_id: 'a', update: true });",
  );
  const { failure, executed } = await run(notebook);
  assert.equal(failure, null);
  assert.equal(executed, 4);
  const expected = Array.from({ length: 1000 }, (_, i) => `${i}\n`).join("");
  assert.equal(printed(notebook.cells[0].outputs), expected);
  assert.deepEqual(notebook.cells[1].outputs, [
    {
      output_type: "execute_result",
      execution_count: 2,
      data: { "text/plain": ["42"] },
      metadata: {},
    },
  ]);
  assert.deepEqual(notebook.cells[2].outputs, [{
    output_type: "display_data",
    data: { "text/plain": ["redrawn"] },
    metadata: {},
  }]);
  assert.deepEqual(notebook.cells[3].outputs, []);
});

Deno.test("with lib/show/notebook prints and displays keep their order, also in bursts", async () => {
  const notebook = notebookOf(
    'import { progress } from "../../../lib/show/mod.ts";',
    "for (let i = 0; i < 600; i++) { console.log(i); " +
      "if (i % 100 === 99) await progress(i, 'at'); } 0;",
    "for (let i = 0; i < 3000; i++) console.log(i);",
  );
  const { failure } = await run(notebook);
  assert.equal(failure, null);
  const kinds = notebook.cells[1].outputs?.map((o) => o.output_type);
  assert.deepEqual(
    kinds,
    [
      ...Array.from({ length: 6 }, () => ["stream", "display_data"]).flat(),
      "execute_result",
    ],
  );
  const burst = printed(notebook.cells[2].outputs).trim().split("\n");
  assert.equal(burst.length, 3000);
  assert.equal(burst.at(-1), "2999");
});

Deno.test("outputs hold no colours and no path of this machine, and are the same each time", async () => {
  const source = [
    "console.log('%cred', 'color: red', [1, 'two'], Deno.cwd());",
    "throw new Error('planned');",
  ];
  const texts: string[] = [];
  for (let round = 0; round < 2; round++) {
    const notebook = notebookOf(source[0], [source[1], "raises-exception"]);
    const { failure } = await run(notebook);
    assert.equal(failure, null);
    texts.push(notebookText(notebook));
  }
  assert.equal(texts[0], texts[1]);
  assert.ok(!texts[0].includes("\\u001b"));
  assert.ok(!texts[0].includes(dirname(kitRoot())));
  assert.match(texts[0], /tests\/show\/notebook/);
});

Deno.test("a cell that throws stops the run and is named", async () => {
  const notebook = notebookOf("1", "throw new TypeError('broken');", "3");
  const { failure, executed } = await run(notebook);
  assert.equal(executed, 2);
  assert.deepEqual(failure, {
    cell: 1,
    kind: "error",
    message: "TypeError: broken",
  });
  assert.deepEqual(notebook.cells[2].outputs, []);
  assert.equal(notebook.cells[2].execution_count, null);
});

Deno.test("a cell that does not parse is an error", async () => {
  const { failure } = await run(notebookOf("const = 3;"));
  assert.equal(failure?.kind, "error");
  assert.match(failure?.message ?? "", /^SyntaxError: /);
});

Deno.test("tags: an expected error must come, a skipped cell is not run", async () => {
  const notebook = notebookOf(
    ["throw new Error('x');", "raises-exception"],
    ["throw new Error('y');", "skip-execution"],
    ["1", "raises-exception"],
  );
  const { failure, executed } = await run(notebook);
  assert.equal(executed, 2);
  assert.equal(failure?.cell, 2);
  assert.equal(failure?.kind, "no error");
});

Deno.test("a rejection that nobody awaited, or a throw in a timer, fails the run", async () => {
  const library =
    'import { tick } from "../../../lib/show/mod.ts"; await tick();';
  for (
    const [source, message] of [
      [
        "Promise.reject(new Error('lost')); await tick();",
        "not awaited: Error",
      ],
      [
        "setTimeout(() => { throw new Error('late'); }); " +
        "await new Promise((done) => setTimeout(done, 50));",
        "in a callback: Error: late",
      ],
    ]
  ) {
    const { failure } = await run(notebookOf(library, source, "1"));
    assert.equal(failure?.cell, 1);
    assert.equal(failure?.kind, "uncaught");
    assert.ok(failure?.message.includes(message), failure?.message);
  }
});

Deno.test("a cell that runs too long is stopped", async () => {
  const notebook = notebookOf(
    "for (;;) await new Promise((done) => setTimeout(done, 10));",
  );
  const { failure } = await run(notebook, 500);
  assert.equal(failure?.kind, "timeout", failure?.message);
  assert.match(failure?.message ?? "", /ran over 0.5 s/);
});

Deno.test("a kernel that dies is reported at once", async () => {
  const notebook = notebookOf("console.log('last words'); Deno.exit(3);");
  const { failure } = await run(notebook);
  assert.equal(failure?.kind, "dead");
  assert.match(
    failure?.message ?? "",
    /^DeadKernel: the kernel's process ended/,
  );
});

Deno.test("a kernel that cannot start says why", async () => {
  await assert.rejects(
    Kernel.start({ folder: FOLDER, deno: "/bin/false" }),
    /the Deno kernel did not start: its process ended/,
  );
});

Deno.test("no kernel outlives a runner that is told to stop", async () => {
  const module = new URL("../../../tasks/notebook/kernel.ts", import.meta.url);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const runner = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const { Kernel } = await import(${JSON.stringify(module.href)});` +
        `const kernel = await Kernel.start({ folder: Deno.cwd() });` +
        `console.log(kernel.pid);` +
        `await kernel.execute("await new Promise(() => " +` +
        `"setInterval(() => {}))");`,
      ],
      cwd: FOLDER,
      stdout: "piped",
    }).spawn();
    const reader = runner.stdout.getReader();
    const { value } = await reader.read();
    const pid = Number(new TextDecoder().decode(value).trim());
    assert.ok(await isRunning(pid));
    runner.kill(signal);
    await runner.status;
    await reader.cancel();
    for (let i = 0; i < 100 && await isRunning(pid); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await isRunning(pid), false, `after ${signal}`);
  }
});

Deno.test("the ■ button stops a loop and keeps the kernel and its variables", async () => {
  const kernel = await Kernel.start({ folder: FOLDER });
  try {
    await kernel.execute(
      'import { tick } from "../../../lib/show/mod.ts"; let rounds = 0;',
    );
    const loop = kernel.execute("for (;;) { rounds++; await tick(); }");
    await new Promise((resolve) => setTimeout(resolve, 300));
    kernel.interrupt();
    const stopped = await loop;
    assert.equal(stopped.status, "error");
    assert.match(JSON.stringify(stopped.messages), /stopped by the ■ button/);
    const after = await kernel.execute("console.log(rounds > 0);");
    assert.equal(after.messages[0].content.text, "true\n");
    const again = await kernel.execute("await tick(); console.log('on');");
    assert.equal(again.status, "ok");
  } finally {
    await kernel.stop();
  }
});
