package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the patterns of a few rows that are read for it. Unlike the templates of a block, which
 * have to be small, these show words: those that all rows of a template share, and all words where
 * no other would be left.
 */
public final class RowPatterns {
  private static final byte[] ARGUMENT = Templates.PATTERN_ARGUMENT;

  private final Words words = new Words();
  private final Templates templates = new Templates(words, new BlockFilter());
  private final Map<String, String> known = new HashMap<>();
  private final ByteSink text = new ByteSink(256);

  private RowPatterns() {}

  /** Patterns of rows; equal ones are one object. */
  public static String[] of(LogRows rows) {
    return rows.count == 0 ? new String[0] : new RowPatterns().find(rows);
  }

  private String[] find(LogRows rows) {
    templates.findShown(rows);
    int[] first = new int[templates.count]; // row of each template
    Arrays.fill(first, -1);
    boolean[] varies = new boolean[templates.codeStarts[templates.count]]; // by code
    for (int r = 0; r < rows.count; r++) {
      int t = templates.templateOf[r];
      if (first[t] < 0) {
        first[t] = r;
      } else {
        compare(r, first[t], templates.codeStarts[t], varies);
      }
    }
    String[] ofTemplate = new String[templates.count];
    String[] out = new String[rows.count];
    for (int r = 0; r < out.length; r++) {
      int t = templates.templateOf[r];
      if (ofTemplate[t] != null) {
        out[r] = ofTemplate[t];
        continue;
      }
      boolean wordless = isWordless(t, first[t], varies);
      out[r] = pattern(r, templates.codeStarts[t], wordless ? null : varies);
      if (!wordless) {
        ofTemplate[t] = out[r];
      }
    }
    return out;
  }

  private int tokens(int row) {
    return templates.rowTokens[row + 1] - templates.rowTokens[row];
  }

  private boolean isWord(int row, int token) {
    return templates.tokens.kinds[templates.rowTokens[row] + token] == Tokens.WORD;
  }

  /** Records the words in which a row differs from the first one of its template. */
  private void compare(int row, int first, int codes, boolean[] varies) {
    int[] of = templates.tokens.codes;
    for (int k = 0; k < tokens(row); k++) {
      if (Templates.isWordArgument(templates.templateCodes[codes + k])
          && of[templates.rowTokens[row] + k] != of[templates.rowTokens[first] + k]) {
        varies[codes + k] = true;
      }
    }
  }

  /** True if rows of a template have words, but none in common. */
  private boolean isWordless(int template, int row, boolean[] varies) {
    boolean some = false;
    for (int k = 0; k < tokens(row); k++) {
      if (isWord(row, k)) {
        if (!varies[templates.codeStarts[template] + k]) {
          return false;
        }
        some = true;
      }
    }
    return some;
  }

  /**
   * Text of a row with placeholders.
   *
   * @param varies words that have a placeholder, by code; null if none
   */
  private String pattern(int row, int codes, boolean @Nullable [] varies) {
    text.clear();
    int from = templates.rowTokens[row];
    for (int k = 0; k < tokens(row); k++) {
      boolean shown =
          templates.tokens.kinds[from + k] <= Tokens.WORD && (varies == null || !varies[codes + k]);
      if (shown) {
        words.append(templates.word(from + k), text);
      } else {
        text.put(ARGUMENT, 0, ARGUMENT.length);
      }
    }
    String s = new String(text.buf, 0, text.size, StandardCharsets.UTF_8);
    String same = known.putIfAbsent(s, s);
    return same == null ? s : same;
  }
}
