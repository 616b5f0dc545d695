/** What JupyterLab does with the kit's settings. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { kitRoot } from "../../tasks/notebook/notebook_file.ts";
import {
  labArguments,
  labEnvironment,
  trustNotebooks,
} from "../../tasks/lab.ts";
import { venvPython } from "../../tasks/setup/jupyter.ts";

const noLab = !existsSync(venvPython);
const skipped = noLab ? " (skipped: no JupyterLab here)" : "";

async function python(code: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(venvPython, {
    args: ["-c", code, ...args],
    cwd: kitRoot(),
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

Deno.test({
  name: "what JupyterLab adds and drops when it draws is put back on saving" +
    skipped,
  ignore: noLab,
  fn: async () => {
    await python(
      `import copy, json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tasks/lab")
from jupyter_server_config import restore
stored = json.load(open("notebooks/00_tour.ipynb", encoding="utf-8"))
saved = copy.deepcopy(stored)
saved["metadata"]["language_info"]["version"] = "6.0.3"
figures = 0
for cell in saved["cells"]:
    cell["metadata"]["execution"] = {"iopub.status.busy": "now"}
    for output in cell.get("outputs", []):
        if "application/vnd.plotly.v1+json" in output.get("data", {}):
            output["data"]["image/png"] = "iVBOR"
            del output["data"]["image/svg+xml"]
            figures += 1
assert figures > 3 and saved != stored
restore(saved, stored)
assert saved == stored
for cell in saved["cells"]:
    for output in cell.get("outputs", []):
        figure = output.get("data", {}).get("application/vnd.plotly.v1+json")
        if figure:
            figure["data"] = []
            del output["data"]["image/svg+xml"]
restore(saved, stored)
assert "image/svg+xml" not in json.dumps(
    [o for c in saved["cells"] for o in c.get("outputs", [])
     if "application/vnd.plotly.v1+json" in o.get("data", {})])`,
    );
  },
});

Deno.test({
  name: "JupyterLab reads the kit's settings: the tour, one kernel, no news" +
    skipped,
  ignore: noLab,
  fn: async () => {
    assert.ok(
      labArguments([], 1000).includes(
        "--LabApp.default_url=/lab/tree/notebooks/00_tour.ipynb",
      ),
    );
    const config = await python(
      `import json, os, sys
os.environ.update(json.loads(sys.argv[1]))
from jupyter_core.paths import jupyter_config_path
from traitlets.config.loader import PyFileConfigLoader
print(PyFileConfigLoader("jupyter_server_config.py", path=jupyter_config_path()).load_config())`,
      JSON.stringify(labEnvironment()),
    );
    assert.match(config, /NeverCheckForUpdate/);
    assert.match(config, /'allowed_kernelspecs': \{'deno'\}/);
    assert.match(config, /keep_stored/);
    const settings = await python(
      `import os, json
os.environ.update(json.loads(__import__("sys").argv[1]))
from jupyterlab_server.settings_utils import _get_overrides
print(json.dumps(_get_overrides("/nowhere")[0]))`,
      JSON.stringify(labEnvironment()),
    );
    assert.match(settings, /"fetchNews": "false"/);
  },
});

Deno.test({
  name: "JupyterLab trusts the kit's notebooks as they lie here, and no other" +
    skipped,
  ignore: noLab,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "trust-" });
    const tour = JSON.parse(
      await Deno.readTextFile("notebooks/00_tour.ipynb"),
    );
    for (const name of ["00_tour.ipynb", "from_elsewhere.ipynb"]) {
      tour.cells[0].source = [name];
      await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(tour));
    }
    await trustNotebooks(folder);
    await checkTrust(folder);
    await Deno.remove(folder, { recursive: true });
  },
});

/** The tour is trusted; changed, and under a name that is none of the kit's, it is not. */
async function checkTrust(folder: string): Promise<void> {
  const places = labArguments([], 1000)
    .filter((argument) => argument.startsWith("--NotebookNotary."))
    .map((argument) => argument.split("="));
  assert.equal(places.length, 2);
  const trusted = await python(
    `import json, sys, nbformat
from nbformat.sign import NotebookNotary
places = dict(json.loads(sys.argv[1]))
notary = NotebookNotary(db_file=places["--NotebookNotary.db_file"],
                        secret_file=places["--NotebookNotary.secret_file"])
folder = sys.argv[2]
tour = nbformat.read(folder + "/00_tour.ipynb", 4)
print(notary.check_signature(tour))
tour.cells[0].source += "changed"
print(notary.check_signature(tour))
print(notary.check_signature(nbformat.read(folder + "/from_elsewhere.ipynb", 4)))`,
    JSON.stringify(places),
    folder,
  );
  assert.equal(trusted.trim(), "True\nFalse\nFalse");
}
