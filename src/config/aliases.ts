import { type Alias, isAlias, isMap, isNode, isSeq, type Node } from "yaml";

/** A document's aliases, and what it comes to once they stand for what they repeat. */
export interface Aliases {
  /** What each stands for. */
  readonly targets: ReadonlyMap<unknown, Node>;
  /** Those of what does not stand, whole, before them. */
  readonly dangling: readonly Alias[];
  readonly values: number;
  /** How deep values are nested; a merge is a level of its own. */
  readonly levels: number;
}

type Size = Pick<Aliases, "values" | "levels">;

const ALONE: Size = { values: 1, levels: 0 };

/** Follows every alias once, and expands nothing. */
export function aliasesOf(root: unknown): Aliases {
  const anchors = new Map<string, { readonly node: Node; readonly size: Size }>();
  const targets = new Map<unknown, Node>();
  const dangling: Alias[] = [];
  const follow = (node: unknown): Size => {
    if (isAlias(node)) {
      const anchor = anchors.get(node.source);
      if (anchor === undefined) dangling.push(node);
      else targets.set(node, anchor.node);
      return anchor?.size ?? ALONE;
    }
    const size = valuesIn(node).map(follow).reduce(around, ALONE);
    if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, { node, size });
    return size;
  };
  return { ...follow(root), targets, dangling };
}

function valuesIn(node: unknown): readonly unknown[] {
  if (isMap(node)) return node.items.map(({ value }) => value);
  return isSeq(node) ? node.items : [];
}

function around(whole: Size, part: Size): Size {
  return { values: whole.values + part.values, levels: Math.max(whole.levels, part.levels + 1) };
}
