package dev.tethys.tools;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Columns in the layout of Go's tabwriter: a minimum cell width, and blanks after it. A row is one
 * line: line ends in a text are escaped.
 */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final int minWidth;
  private final int padding;

  /** Layout of block tables: a minimum width of 13 and two blanks between cells. */
  Table() {
    this(13, 2);
  }

  Table(int minWidth, int padding) {
    this.minWidth = minWidth;
    this.padding = padding;
  }

  void row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object c : cells) {
      row.add(TerminalText.printable(String.valueOf(c)));
    }
    rows.add(row);
  }

  void print(PrintStream to) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] width = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        width[i] = Math.max(width[i], Math.max(minWidth, row.get(i).length() + padding));
      }
    }
    for (List<String> row : rows) {
      StringBuilder sb = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        sb.append(row.get(i));
        if (i < row.size() - 1) {
          sb.append(" ".repeat(width[i] - row.get(i).length()));
        }
      }
      to.println(sb);
    }
  }
}
