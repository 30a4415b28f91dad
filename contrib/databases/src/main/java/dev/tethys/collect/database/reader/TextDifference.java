package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.List;

/**
 * Unified difference of two texts, as {@code diff -u} writes it, with three lines of context.
 *
 * <p>Equal lines at both ends are cut off first. The middle is compared by the longest common
 * subsequence; if it is larger than {@link #MAX_CELLS}, all its lines count as replaced.
 */
public final class TextDifference {
  private static final int CONTEXT = 3;
  private static final int MAX_CELLS = 4_000_000;

  private record Edit(char sign, String line, int before, int after) {}

  private TextDifference() {}

  /**
   * The difference, empty if the texts are equal.
   *
   * @param name of both files in the header
   */
  public static String unified(String name, String before, String after) {
    List<String> a = before.lines().toList();
    List<String> b = after.lines().toList();
    List<Edit> edits = edits(a, b);
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < edits.size()) {
      if (edits.get(i).sign == ' ') {
        i++;
        continue;
      }
      int from = Math.max(0, i - CONTEXT);
      int last = i;
      int to = i;
      while (to < edits.size() && to - last <= 2 * CONTEXT) {
        if (edits.get(to).sign != ' ') {
          last = to;
        }
        to++;
      }
      to = Math.min(edits.size(), last + CONTEXT + 1);
      if (out.isEmpty()) {
        out.append("--- ").append(name).append("\n+++ ").append(name).append('\n');
      }
      hunk(edits.subList(from, to), out);
      i = to;
    }
    return out.toString();
  }

  private static void hunk(List<Edit> edits, StringBuilder out) {
    Edit first = edits.getFirst();
    long removed = edits.stream().filter(e -> e.sign != '+').count();
    long added = edits.stream().filter(e -> e.sign != '-').count();
    out.append("@@ -").append(range(first.before, removed));
    out.append(" +").append(range(first.after, added)).append(" @@\n");
    for (Edit e : edits) {
      out.append(e.sign).append(e.line).append('\n');
    }
  }

  /** Range of lines; an empty one begins at the line before it. */
  private static String range(int start, long lines) {
    return lines == 1
        ? Integer.toString(start + 1)
        : (lines == 0 ? start : start + 1) + "," + lines;
  }

  private static List<Edit> edits(List<String> a, List<String> b) {
    int head = 0;
    while (head < a.size() && head < b.size() && a.get(head).equals(b.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < Math.min(a.size(), b.size()) - head
        && a.get(a.size() - 1 - tail).equals(b.get(b.size() - 1 - tail))) {
      tail++;
    }
    List<Edit> out = new ArrayList<>();
    for (int i = 0; i < head; i++) {
      out.add(new Edit(' ', a.get(i), i, i));
    }
    middle(a, head, a.size() - tail, b, head, b.size() - tail, out);
    for (int i = tail; i > 0; i--) {
      out.add(new Edit(' ', a.get(a.size() - i), a.size() - i, b.size() - i));
    }
    return out;
  }

  private static void middle(
      List<String> a, int fromA, int toA, List<String> b, int fromB, int toB, List<Edit> out) {
    int n = toA - fromA;
    int m = toB - fromB;
    boolean compared = (long) (n + 1) * (m + 1) <= MAX_CELLS;
    int[][] length = compared ? new int[n + 1][m + 1] : new int[0][];
    for (int i = n - 1; compared && i >= 0; i--) {
      for (int j = m - 1; j >= 0; j--) {
        length[i][j] =
            a.get(fromA + i).equals(b.get(fromB + j))
                ? length[i + 1][j + 1] + 1
                : Math.max(length[i + 1][j], length[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < n || j < m) {
      boolean same = compared && i < n && j < m && a.get(fromA + i).equals(b.get(fromB + j));
      if (same) {
        out.add(new Edit(' ', a.get(fromA + i), fromA + i++, fromB + j++));
      } else if (i < n && (j == m || !compared || length[i + 1][j] >= length[i][j + 1])) {
        out.add(new Edit('-', a.get(fromA + i), fromA + i++, fromB + j));
      } else {
        out.add(new Edit('+', b.get(fromB + j), fromA + i, fromB + j++));
      }
    }
  }
}
