package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Chars;
import dev.tethys.model.regex.RegexNode.Group;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Expression of literals with anything between them: {@code .*-6a.*}. Each literal is searched
 * after the previous one, at the earliest position, which leaves most space for those that follow.
 * Immutable.
 */
final class LiteralPieces {
  /** No gap: the literal is at the start or end of the text. */
  private static final int NONE = -1;

  private final String[] texts;
  private final ByteSearch[] bytes;
  private final int[] gaps; // least characters before each literal, and behind the last

  private LiteralPieces(String[] texts, int[] gaps) {
    this.texts = texts;
    this.gaps = gaps;
    this.bytes = new ByteSearch[texts.length];
    for (int i = 0; i < texts.length; i++) {
      bytes[i] = new ByteSearch(texts[i].getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Uses a sequence as such an expression; returns null if it is another.
   *
   * @param fromStart whether it must start at the start of the text
   * @param toEnd whether it must end at the end of the text
   */
  static @Nullable LiteralPieces of(List<RegexNode> sequence, boolean fromStart, boolean toEnd) {
    List<String> texts = new ArrayList<>();
    int[] gaps = new int[sequence.size() + 1];
    int gap = fromStart ? NONE : 0;
    for (RegexNode n : sequence) {
      if (n instanceof Literal l) {
        gaps[texts.size()] = gap;
        texts.add(l.text());
        gap = NONE;
        continue;
      }
      // Characters are counted as bytes, which is right for one.
      if (!(n instanceof Repeat r)
          || r.max() != RegexNode.INFINITE
          || !isAnything(r.part())
          || Math.max(0, gap) + r.min() > 1) {
        return null;
      }
      gap = Math.max(0, gap) + r.min();
    }
    gaps[texts.size()] = toEnd ? gap : Math.max(0, gap);
    if (texts.size() == 1 && gaps[0] == NONE && gaps[1] == NONE) {
      return null; // one value
    }
    if (texts.isEmpty() && gaps[0] == NONE) {
      return null; // the empty text
    }
    return new LiteralPieces(texts.toArray(String[]::new), Arrays.copyOf(gaps, texts.size() + 1));
  }

  private static boolean isAnything(RegexNode n) {
    RegexNode part = n;
    while (part instanceof Group g) {
      part = g.part();
    }
    return part instanceof Chars c && c.set().isAll();
  }

  boolean test(String text) {
    int at = 0;
    int n = texts.length;
    for (int i = 0; i < n; i++) {
      String t = texts[i];
      int gap = gaps[i];
      if (gap == NONE) {
        if (!text.startsWith(t)) {
          return false;
        }
        at = t.length();
      } else if (i == n - 1 && gaps[n] == NONE) {
        return text.length() - t.length() >= at + gap && text.endsWith(t);
      } else {
        int found = text.indexOf(t, at + gap);
        if (found < 0) {
          return false;
        }
        at = found + t.length();
      }
    }
    return text.length() - at >= gaps[n];
  }

  boolean test(byte[] text, int from, int to) {
    int at = from;
    int n = bytes.length;
    for (int i = 0; i < n; i++) {
      ByteSearch b = bytes[i];
      int gap = gaps[i];
      if (gap == NONE) {
        if (to - at < b.length() || !b.isAt(text, at)) {
          return false;
        }
        at += b.length();
      } else if (i == n - 1 && gaps[n] == NONE) {
        int last = to - b.length();
        return last >= at + gap && b.isAt(text, last);
      } else {
        int found = b.indexOf(text, at + gap, to);
        if (found < 0) {
          return false;
        }
        at = found + b.length();
      }
    }
    return to - at >= gaps[n];
  }
}
