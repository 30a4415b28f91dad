package dev.tethys.store.logs.block;

import dev.tethys.model.logs.LogFilter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates line conditions on the rows of a block by templates, words and values, before any body
 * is rebuilt. A text that is in the text of a template is in all its rows; a row without the
 * longest piece of a text does not have the text. The rest is tested on bodies. Not thread-safe.
 */
public final class LineVerdicts {
  private static final int FEW = 200; // one row in so many may be rebuilt for a test

  private final LogBlock block;
  private final List<LogFilter.Line> lines;
  private final List<Judged> judged = new ArrayList<>();
  private final @Nullable BitSet selected;

  /**
   * One condition, before its negation.
   *
   * @param all templates of whose rows all fit
   * @param candidates rows that may fit; null for all
   */
  private record Judged(
      LogFilter.Line line, boolean negated, boolean[] all, @Nullable BitSet candidates) {}

  /**
   * Judges conditions.
   *
   * @param selected requested rows, null for all
   */
  public LineVerdicts(LogBlock block, List<LogFilter.Line> lines, @Nullable BitSet selected) {
    this.block = block;
    this.lines = lines;
    this.selected = selected;
    for (LogFilter.Line line : lines) {
      judged.add(judge(line));
    }
  }

  private Judged judge(LogFilter.Line line) {
    return switch (line) {
      case LogFilter.Contains c -> contains(c);
      case LogFilter.Matches m -> {
        byte[] text = m.expression().requiredText().getBytes(StandardCharsets.UTF_8);
        Piece piece = Piece.longest(text, true);
        yield new Judged(
            m,
            m.negated(),
            new boolean[block.templateCount()],
            piece == null ? null : candidates(piece, text, true));
      }
      case LogFilter.Test t -> new Judged(t, false, new boolean[block.templateCount()], null);
    };
  }

  private Judged contains(LogFilter.Contains c) {
    boolean[] all = new boolean[block.templateCount()];
    BitSet candidates = new BitSet(block.rows());
    boolean every = false;
    for (byte[] text : c.texts()) {
      if (text.length == 0) {
        java.util.Arrays.fill(all, true);
        continue;
      }
      Piece piece = Piece.longest(text, false);
      if (piece == null) {
        every = true;
      } else {
        candidates.or(candidates(piece, text, false));
      }
      boolean inTemplates = piece == null || !piece.mixed() && !candidates.isEmpty();
      if (inTemplates && isPlain(text)) {
        boolean[] with =
            block.templatesWith(Piece.of(text, anchor(text)), block.templatesOf(selected));
        for (int t = 0; t < all.length; t++) {
          all[t] |= with[t];
        }
      }
    }
    return new Judged(c, c.negated(), all, every ? null : candidates);
  }

  /** Rows that may contain a string: pieces of it are tested until few rows remain. */
  private BitSet candidates(Piece longest, byte[] text, boolean ignoreCase) {
    BitSet rows = block.rowsWith(longest, selected);
    if (selected != null) {
      rows.and(selected);
    }
    int few = block.rows() / FEW;
    if (rows.cardinality() > few) {
      for (Piece other : Piece.others(text, ignoreCase, longest)) {
        rows.and(block.rowsWith(other, rows));
        if (rows.cardinality() <= few) {
          break;
        }
      }
    }
    return rows;
  }

  private static int anchor(byte[] text) {
    for (int i = 0; i < text.length; i++) {
      if (text[i] > 'f' && text[i] <= 'z' && text[i] != 's' && text[i] != 't') {
        return i;
      }
    }
    return 0;
  }

  /** True if the text has no byte that templates use as a placeholder. */
  private static boolean isPlain(byte[] text) {
    for (byte b : text) {
      if (b >= Templates.ARGUMENT && b <= Templates.ESCAPE) {
        return false;
      }
    }
    return true;
  }

  /** True if no row of a template fits. */
  public boolean excludes(int template) {
    for (Judged j : judged) {
      if (j.negated && j.all[template]) {
        return true;
      }
      if (!j.negated && !j.all[template] && j.candidates != null) {
        int next = j.candidates.nextSetBit(block.firstRow(template));
        if (next < 0 || next >= block.firstRow(template + 1)) {
          return true;
        }
      }
    }
    return false;
  }

  /** True if a row of a template that is not excluded cannot fit. */
  public boolean excludes(int template, int row) {
    for (Judged j : judged) {
      if (!j.negated && !j.all[template] && j.candidates != null && !j.candidates.get(row)) {
        return true;
      }
    }
    return false;
  }

  /** True if the body of a row that is not excluded has to be tested. */
  public boolean needsBody(int template, int row) {
    for (Judged j : judged) {
      if (!j.all[template] && (j.candidates == null || j.candidates.get(row))) {
        return true;
      }
    }
    return false;
  }

  /** True if a body fits all conditions. */
  public boolean fits(byte[] body, int from, int to) {
    for (LogFilter.Line l : lines) {
      if (!l.fits(body, from, to)) {
        return false;
      }
    }
    return true;
  }
}
