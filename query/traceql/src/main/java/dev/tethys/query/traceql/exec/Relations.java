package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.ast.SpansetOperator.Relation;

/** Relations of spans of a trace by the numbers of nested sets, in linear time. */
final class Relations {
  private Relations() {}

  /**
   * Spans that have a relation to one of others.
   *
   * @param left numbers by span; 0 for a span outside the tree
   * @param spans spans to test
   * @param others spans, at least one of which must be related
   * @param relation relation of a tested span to another: {@code CHILD} if it is a child of it
   */
  static boolean[] related(
      int[] left, int[] right, int[] parent, int[] spans, int[] others, Relation relation) {
    int most = 0;
    for (int i = 0; i < left.length; i++) {
      most = Math.max(most, Math.max(right[i], parent[i]));
    }
    boolean[] out = new boolean[spans.length];
    int[] marks = new int[most + 2];
    switch (relation) {
      case CHILD -> {
        for (int o : others) {
          marks[left[o]] = 1;
        }
        for (int i = 0; i < spans.length; i++) {
          int p = parent[spans[i]];
          out[i] = p > 0 && marks[p] != 0;
        }
      }
      case PARENT -> {
        for (int o : others) {
          marks[Math.max(0, parent[o])] = 1;
        }
        for (int i = 0; i < spans.length; i++) {
          int l = left[spans[i]];
          out[i] = l > 0 && marks[l] != 0;
        }
      }
      case DESCENDANT -> {
        for (int o : others) {
          marks[left[o]] = Math.max(marks[left[o]], right[o]);
        }
        marks[0] = 0;
        for (int i = 1; i < marks.length; i++) {
          marks[i] = Math.max(marks[i], marks[i - 1]);
        }
        for (int i = 0; i < spans.length; i++) {
          int l = left[spans[i]];
          out[i] = l > 0 && marks[l - 1] > right[spans[i]];
        }
      }
      case ANCESTOR -> {
        for (int o : others) {
          marks[left[o]]++;
        }
        marks[0] = 0;
        for (int i = 1; i < marks.length; i++) {
          marks[i] += marks[i - 1];
        }
        for (int i = 0; i < spans.length; i++) {
          int l = left[spans[i]];
          out[i] = l > 0 && marks[right[spans[i]]] > marks[l];
        }
      }
      case SIBLING -> {
        boolean[] member = new boolean[left.length];
        for (int o : others) {
          if (parent[o] > 0) {
            marks[parent[o]]++;
          }
          member[o] = true;
        }
        for (int i = 0; i < spans.length; i++) {
          int p = parent[spans[i]];
          out[i] = p > 0 && marks[p] > (member[spans[i]] ? 1 : 0);
        }
      }
    }
    return out;
  }

  /** Returns the relation seen from the other span. */
  static Relation inverse(Relation r) {
    return switch (r) {
      case CHILD -> Relation.PARENT;
      case PARENT -> Relation.CHILD;
      case DESCENDANT -> Relation.ANCESTOR;
      case ANCESTOR -> Relation.DESCENDANT;
      case SIBLING -> Relation.SIBLING;
    };
  }
}
