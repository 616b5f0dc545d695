/**
 * What every byte of the interpreter's memory should be, and the functions of its
 * module that compare memory with that and put it back.
 *
 * What a program changes without a note would be wiped out unseen by a later
 * program that writes to the same page, for that page is noted and put back. So the
 * second memory holds, behind the map of notes, all bytes of the first one as they
 * should be, and a page is compared with them before its note is made. A difference
 * traps, which is a fault of the interpreter: its instance is thrown away, and what
 * was judged since the last good audit is judged again. An audit compares the pages
 * that nobody has written to.
 *
 * The functions are added after metering: they burn no fuel. No table holds them,
 * so no program can call them.
 */

import type { AddedFunction } from "../wasm/patch.ts";

/** Bytes of a page, as a power of two, and as a number: programs write here and there. */
export const PAGE_SHIFT = 10;
export const PAGE_BYTES = 1 << PAGE_SHIFT;
/** The widest store: how far a write may reach beyond the page it is noted for. */
export const OVERLAP = 16;
/**
 * Where the second memory holds what the first one should: behind the notes of 4
 * GiB, so that no note of an address beyond the first memory lands there.
 */
export const EXPECTED_START = 2 ** (32 - PAGE_SHIFT);

/** Exported name of the function that notes what the host is going to write. */
export const NOTE_EXPORT = "__note";
/** Exported name of the function that makes the noted pages what they should be. */
export const PUT_BACK_EXPORT = "__put_back";

/** Differences between 16 bytes behind `$at` and what they should be. */
const different = (offset: number) => `
  local.get $at v128.load ${offset}
  local.get $at v128.load@1 ${EXPECTED_START + offset} v128.xor`;
const BLOCK = [0, 16, 32, 48];
const all = (offsets: readonly number[]) =>
  offsets.map((at) => `${different(at)} v128.or`).join("");

/** Notes a page that has no note yet; traps if it is not as it should be. */
const notePage = (pages: number): AddedFunction => ({
  name: "note_page",
  parameters: { page: "i32" },
  variables: { at: "i32", end: "i32", found: "v128" },
  // A store may have reached from a noted page into the next one's first bytes.
  code: `
    local.get $page i32.const ${pages} i32.ge_u if return end ;; the store traps
    local.get $page i32.const ${PAGE_SHIFT} i32.shl local.set $at
    local.get $found ${all(BLOCK.slice(1))} local.set $found
    local.get $page
    if i32 local.get $page i32.const 1 i32.sub i32.load8_u@1 0
    else i32.const 0 end
    i32.eqz
    if ${different(0)} local.get $found v128.or local.set $found end
    local.get $page i32.const ${pages - 1} i32.eq
    if i32 i32.const 1 else local.get $page i32.load8_u@1 1 end
    i32.eqz
    if ${different(PAGE_BYTES)} local.get $found v128.or local.set $found end
    local.get $at i32.const ${PAGE_BYTES - 64} i32.add local.set $end
    loop
      local.get $at i32.const 64 i32.add local.set $at
      local.get $found ${all(BLOCK)} local.set $found
      local.get $at local.get $end i32.lt_u br_if 0
    end
    local.get $found v128.any_true if unreachable end
    local.get $page i32.const 1 i32.store8@1 0`,
});

/** Notes the pages of a range, before it is written. */
const noteRange = (pages: number): AddedFunction => ({
  name: "note_range",
  exported: NOTE_EXPORT,
  parameters: { address: "i32", length: "i32" },
  variables: { page: "i32", end: "i32" },
  code: `
    local.get $address local.get $length i32.add local.tee $end
    local.get $address i32.le_u if return end ;; nothing, or more than there is
    local.get $end i32.const 1 i32.sub i32.const ${PAGE_SHIFT} i32.shr_u
    local.set $end
    local.get $address i32.const ${PAGE_SHIFT} i32.shr_u local.set $page
    loop
      local.get $page i32.const ${pages} i32.ge_u if return end
      local.get $page i32.load8_u@1 0 i32.eqz
      if local.get $page call $note_page end
      local.get $page i32.const 1 i32.add local.tee $page
      local.get $end i32.le_u br_if 0
    end`,
});

/**
 * Copies every noted page, and the bytes behind that a store may have reached, from
 * what they should be. Sixteen notes are read at once; neighbours are copied at once.
 */
const putBack = (pages: number): AddedFunction => ({
  name: "put_back",
  exported: PUT_BACK_EXPORT,
  parameters: {},
  variables: { page: "i32", first: "i32", end: "i32" },
  code: `
    loop
      local.get $page v128.load@1 0 v128.any_true
      if
        local.get $page i32.const 16 i32.add local.set $end
        loop
          local.get $page i32.load8_u@1 0
          if
            local.get $page local.set $first
            loop
              local.get $page i32.const 1 i32.add local.tee $page
              i32.load8_u@1 0 br_if 0
            end
            local.get $first i32.const ${PAGE_SHIFT} i32.shl
            local.get $first i32.const ${PAGE_SHIFT} i32.shl
            i32.const ${EXPECTED_START} i32.add
            local.get $page local.get $first i32.sub
            i32.const ${PAGE_SHIFT} i32.shl
            i32.const ${OVERLAP} i32.const 0
            local.get $page i32.const ${pages} i32.lt_u select i32.add
            memory.copy_from_second
          else
            local.get $page i32.const 1 i32.add local.set $page
          end
          local.get $page local.get $end i32.lt_u br_if 0
        end
      else
        local.get $page i32.const 16 i32.add local.set $page
      end
      local.get $page i32.const ${pages} i32.lt_u br_if 0
    end`,
});

/** The functions, for a memory of some pages; the first two are called by its code. */
export function expectedFunctions(pages: number): AddedFunction[] {
  return [notePage(pages), noteRange(pages), putBack(pages)];
}
