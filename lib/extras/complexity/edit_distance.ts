/**
 * Distance between two programs as trees: the least number of nodes to insert,
 * delete or rename that turns one syntax tree into the other (Zhang and Shasha,
 * 1989), divided by the number of nodes of both.
 *
 * 0 for programs that differ only in layout and comments, 1 for programs without
 * anything in common. Names and literals count by their text. The official code
 * compares the texts of the trees instead; see `official.ts`.
 */

import { parseSyntax, type SyntaxNode } from "./syntax.ts";
import type { Program } from "../../sandbox/mod.ts";

/** Between 0 and 1. Takes time in proportion to the product of the trees' sizes. */
export function syntaxEditDistance(a: Program, b: Program): number {
  const first = new PostOrder(parseSyntax(a));
  const second = new PostOrder(parseSyntax(b));
  const total = first.labels.length + second.labels.length;
  return treeEditDistance(first, second) / total;
}

/** A tree as arrays over its nodes, children before parents. */
export class PostOrder {
  readonly labels: string[] = [];
  /** The first leaf below each node. */
  readonly firstLeaves: number[] = [];
  /** Nodes that are not the first child of their parent, and the root. */
  readonly keyRoots: number[] = [];

  constructor(root: SyntaxNode) {
    this.#add(root);
    const lastWithLeaf = new Map<number, number>();
    this.firstLeaves.forEach((leaf, node) => lastWithLeaf.set(leaf, node));
    this.keyRoots.push(...[...lastWithLeaf.values()].sort((a, b) => a - b));
  }

  #add(node: SyntaxNode): number {
    const leaves = node.children.map((child) => this.#add(child));
    const own = this.labels.length;
    this.labels.push(
      node.text === "" ? node.name : `${node.name} ${node.text}`,
    );
    this.firstLeaves.push(leaves[0] ?? own);
    return this.firstLeaves[own];
  }
}

/** Returns the number of edits, all of cost one. */
export function treeEditDistance(a: PostOrder, b: PostOrder): number {
  const width = b.labels.length;
  const distances = new Uint32Array(a.labels.length * width);
  for (const rootA of a.keyRoots) {
    for (const rootB of b.keyRoots) {
      forestDistances(a, b, rootA, rootB, distances);
    }
  }
  return distances[distances.length - 1];
}

/** Fills in the distances of all pairs of subtrees that start at the roots' first leaves. */
function forestDistances(
  a: PostOrder,
  b: PostOrder,
  rootA: number,
  rootB: number,
  distances: Uint32Array,
): void {
  const startA = a.firstLeaves[rootA];
  const startB = b.firstLeaves[rootB];
  const columns = rootB - startB + 2;
  const forest = new Uint32Array((rootA - startA + 2) * columns);
  for (let j = 1; j < columns; j++) forest[j] = j;
  for (let i = 1; i <= rootA - startA + 1; i++) {
    const nodeA = startA + i - 1;
    const isWholeA = a.firstLeaves[nodeA] === startA;
    forest[i * columns] = i;
    for (let j = 1; j < columns; j++) {
      const nodeB = startB + j - 1;
      const edited = 1 + Math.min(
        forest[(i - 1) * columns + j],
        forest[i * columns + j - 1],
      );
      const pair = nodeA * b.labels.length + nodeB;
      let kept: number;
      if (isWholeA && b.firstLeaves[nodeB] === startB) {
        const rename = a.labels[nodeA] === b.labels[nodeB] ? 0 : 1;
        kept = forest[(i - 1) * columns + j - 1] + rename;
        distances[pair] = Math.min(edited, kept);
      } else {
        const beforeA = a.firstLeaves[nodeA] - startA;
        const beforeB = b.firstLeaves[nodeB] - startB;
        kept = forest[beforeA * columns + beforeB] + distances[pair];
      }
      forest[i * columns + j] = Math.min(edited, kept);
    }
  }
}
