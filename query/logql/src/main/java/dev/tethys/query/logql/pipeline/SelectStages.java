package dev.tethys.query.logql.pipeline;

import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.Stage.LabelTest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code drop}, {@code keep} and {@code decolorize}. */
final class SelectStages {
  private SelectStages() {}

  /** Removes labels. */
  static final class DropStage extends RowStage {
    private final int[] ids;
    private final @Nullable Matcher[] matchers;

    DropStage(NameTable names, List<LabelTest> labels) {
      ids = labels.stream().mapToInt(l -> names.id(l.label())).toArray();
      matchers = labels.stream().map(LabelTest::matcher).toArray(Matcher[]::new);
    }

    @Override
    boolean process(Row row) {
      for (int i = 0; i < ids.length; i++) {
        int s = row.find(ids[i]);
        if (s >= 0 && fits(matchers[i], row, s)) {
          row.remove(ids[i]);
        }
      }
      return true;
    }
  }

  /** Removes all labels that it does not name. Errors stay. */
  static final class KeepStage extends RowStage {
    private final int[] ids;
    private final @Nullable Matcher[] matchers;

    KeepStage(NameTable names, List<LabelTest> labels) {
      ids = labels.stream().mapToInt(l -> names.id(l.label())).toArray();
      matchers = labels.stream().map(LabelTest::matcher).toArray(Matcher[]::new);
    }

    @Override
    boolean process(Row row) {
      for (int s = 0; s < row.slots(); s++) {
        if (row.holds(s) && !isKept(row, s)) {
          row.remove(row.nameAt(s));
        }
      }
      return true;
    }

    private boolean isKept(Row row, int s) {
      int name = row.nameAt(s);
      if (name == NameTable.ERROR || name == NameTable.ERROR_DETAILS) {
        return true;
      }
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] == name && fits(matchers[i], row, s)) {
          return true;
        }
      }
      return false;
    }
  }

  private static boolean fits(@Nullable Matcher m, Row row, int s) {
    return m == null || m.matches(row.bufferAt(s), row.fromAt(s), row.fromAt(s) + row.lengthAt(s));
  }

  /** Removes ANSI escape sequences from the line. */
  static final class DecolorizeStage extends RowStage {
    private static final byte ESCAPE = 0x1b;

    @Override
    boolean process(Row row) {
      byte[] b = row.line;
      int at = row.lineFrom;
      while (at < row.lineTo && b[at] != ESCAPE) {
        at++;
      }
      if (at == row.lineTo) {
        return true;
      }
      int from = row.reserve(row.lineTo - row.lineFrom);
      byte[] out = row.arena();
      int o = from + (at - row.lineFrom);
      System.arraycopy(b, row.lineFrom, out, from, at - row.lineFrom);
      while (at < row.lineTo) {
        int end = b[at] == ESCAPE ? sequenceEnd(b, at, row.lineTo) : -1;
        if (end > 0) {
          at = end;
        } else {
          out[o++] = b[at++];
        }
      }
      row.used(o);
      row.line(out, from, o);
      return true;
    }

    /**
     * Returns the end of a control sequence: {@code ESC [}, parameters, a letter; -1 if there is
     * none here.
     */
    private static int sequenceEnd(byte[] b, int at, int to) {
      int i = at + 1;
      if (i >= to || b[i] != '[') {
        return -1;
      }
      i++;
      while (i < to && b[i] >= 0x20 && b[i] <= 0x3f) {
        i++;
      }
      return i < to && b[i] >= 0x40 && b[i] <= 0x7e ? i + 1 : -1;
    }
  }
}
