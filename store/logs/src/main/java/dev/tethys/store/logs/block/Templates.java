package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Finds the templates of log bodies: which tokens belong to the program's text and which are
 * arguments.
 *
 * <p>Numbers, hexadecimal and mixed tokens are always arguments, delimiters never. A word is text
 * when it is bound to its context, the tokens before it: it follows this context in at least a
 * fifth of the cases, or much more often than its overall frequency explains. The second pass
 * counts with the arguments of the first pass replaced by one placeholder, so that text that
 * follows an argument is recognised. Rows with equal text and placeholders share a template; a row
 * that is alone with its template is reduced to its delimiters, all else being arguments. The
 * decision affects size and speed only: text and arguments together are always the exact body.
 *
 * <p>The frequency approach follows LogCluster (Vaarandi 2015) and Drain (He 2017), with contexts
 * instead of fixed positions, so that optional and repeated parts do not move text out of place.
 *
 * <p>Template text holds {@link #ARGUMENT} and {@link #WORD_ARGUMENT} as placeholders; these bytes
 * and {@link #ESCAPE} are preceded by {@link #ESCAPE} where they are text. Not safe for several
 * threads; memory is reused.
 */
final class Templates {
  /** Placeholder of a number, hexadecimal or mixed token. */
  static final byte ARGUMENT = 1;

  /** Placeholder of a word. */
  static final byte WORD_ARGUMENT = 2;

  /** Precedes one of the three bytes where it is text. */
  static final byte ESCAPE = 3;

  private static final byte[] PATTERN_ARGUMENT = {'<', '_', '>'};

  /** Longer bodies become one argument. */
  static final int MAX_SPLIT_BYTES = 32 << 10;

  private static final int FIRST_STRING = 8; // codes below are kinds of tokens and the placeholder
  private static final int START = 6;
  private static final int PLACEHOLDER = 7;
  private static final int MIN_SUPPORT = 3;
  private static final int SAMPLE_FROM = 8192; // rows from which one of SAMPLE_STEP is counted
  private static final int SAMPLE_STEP = 3;
  // Counters without keys: what shares one is counted together, which costs size, not exactness.
  private static final int CONTEXTS = 1 << 16;
  private static final int PAIRS = 1 << 18;

  final Tokens tokens = new Tokens();

  /** Index of the first token of each row. */
  int[] rowTokens = new int[1];

  /** Tokens that are arguments, row by row. */
  int[] arguments = new int[1 << 12];

  /** Index of the first argument of each row. */
  int[] rowArguments = new int[1];

  /** Template of each row. */
  int[] templateOf = new int[0];

  /** Distinct template texts. */
  final Words texts = new Words();

  private final Words strings = new Words();
  private int[] stringCounts = new int[256];
  private int[] codes = new int[1 << 12];
  private boolean[] argument = new boolean[1 << 12];
  private final int[] contexts = new int[CONTEXTS];
  private final int[] pairs = new int[PAIRS];
  private final ByteSink text = new ByteSink(1 << 10);

  /** Finds the templates of all rows. */
  void find(LogRows rows) {
    int n = rows.count;
    split(rows);
    int step = n < SAMPLE_FROM ? 1 : SAMPLE_STEP;
    count(n, step);
    decide(n);
    for (int i = 0; i < tokens.count; i++) {
      if (argument[i] && tokens.kinds[i] == Tokens.WORD) {
        codes[i] = -codes[i];
      }
    }
    count(n, step);
    decide(n);
    if (templateOf.length < n) {
      templateOf = new int[n];
      rowArguments = new int[n + 1];
    }
    group(rows);
    generalize(n);
    group(rows);
  }

  /** Gives rows with equal template texts the same template. */
  private void group(LogRows rows) {
    int n = rows.count;
    texts.clear();
    int args = 0;
    for (int r = 0; r < n; r++) {
      rowArguments[r] = args;
      args = build(rows, r, args);
      templateOf[r] = texts.add(text.buf, 0, text.size);
    }
    rowArguments[n] = args;
  }

  /** Makes all words of rows that are alone with their template arguments. */
  private void generalize(int n) {
    int[] uses = new int[texts.count()];
    for (int r = 0; r < n; r++) {
      uses[templateOf[r]]++;
    }
    for (int r = 0; r < n; r++) {
      if (uses[templateOf[r]] == 1) {
        for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
          argument[i] = tokens.kinds[i] != Tokens.DELIMITER;
        }
      }
    }
  }

  private void split(LogRows rows) {
    int n = rows.count;
    byte[] b = rows.bytes.buf;
    tokens.clear();
    strings.clear();
    if (rowTokens.length < n + 1) {
      rowTokens = new int[n + 1];
    }
    for (int r = 0; r < n; r++) {
      rowTokens[r] = tokens.count;
      int start = rows.starts[r];
      int end = start + rows.lengths[r];
      if (end - start > MAX_SPLIT_BYTES) {
        tokens.whole(end);
      } else {
        tokens.split(b, start, end);
      }
    }
    rowTokens[n] = tokens.count;
    if (codes.length < tokens.count) {
      int size = Math.max(tokens.count, codes.length * 2);
      codes = new int[size];
      argument = new boolean[size];
    }
    Arrays.fill(stringCounts, 0);
    for (int r = 0; r < n; r++) {
      int start = rows.starts[r];
      for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
        int end = tokens.ends[i];
        byte kind = tokens.kinds[i];
        if (kind == Tokens.WORD) {
          int id = strings.add(b, start, end);
          if (id >= stringCounts.length) {
            stringCounts = Arrays.copyOf(stringCounts, id * 2);
          }
          stringCounts[id]++;
          codes[i] = id + FIRST_STRING;
        } else if (kind == Tokens.DELIMITER) {
          codes[i] = delimiter(b, start, end);
        } else {
          codes[i] = kind;
        }
        argument[i] = kind > Tokens.WORD;
        start = end;
      }
    }
  }

  /** Code of delimiters: as good as unique, never that of a word. */
  private static int delimiter(byte[] b, int start, int end) {
    int h = 0;
    for (int p = start; p < end; p++) {
      h = h * 257 + b[p] + 1;
    }
    return h & 0x3fffffff | 0x40000000;
  }

  /** Code of a token in a context: words that are arguments count as one. */
  private int contextCode(int i, int rowStart) {
    if (i < rowStart) {
      return START;
    }
    int c = codes[i];
    return c < 0 ? PLACEHOLDER : c;
  }

  private long context(int i, int rowStart) {
    long h = contextCode(i - 1, rowStart);
    h = Words.mix(h + 0x632BE59BD9B4E019L * contextCode(i - 2, rowStart));
    return Words.mix(h + 0x2545F4914F6CDD1DL * contextCode(i - 4, rowStart));
  }

  private static long pair(long context, int code) {
    return Words.mix(context ^ (code * 0xD6E8FEB86659FD93L));
  }

  private static int slot(long hash, int size) {
    return (int) (hash >>> 20) & size - 1;
  }

  private void count(int n, int step) {
    Arrays.fill(contexts, 0);
    Arrays.fill(pairs, 0);
    for (int r = 0; r < n; r += step) {
      int from = rowTokens[r];
      int to = rowTokens[r + 1];
      for (int i = from; i < to; i++) {
        if (tokens.kinds[i] == Tokens.WORD) {
          long c = context(i, from);
          contexts[slot(c, CONTEXTS)]++;
          pairs[slot(pair(c, Math.abs(codes[i])), PAIRS)]++;
        }
      }
    }
  }

  private void decide(int n) {
    double words = 0;
    for (int i = 0; i < strings.count(); i++) {
      words += stringCounts[i];
    }
    for (int r = 0; r < n; r++) {
      int from = rowTokens[r];
      int to = rowTokens[r + 1];
      for (int i = from; i < to; i++) {
        if (tokens.kinds[i] != Tokens.WORD) {
          continue;
        }
        int code = Math.abs(codes[i]);
        long c = context(i, from);
        long together = pairs[slot(pair(c, code), PAIRS)];
        boolean bound = false;
        if (together >= MIN_SUPPORT) {
          long all = contexts[slot(c, CONTEXTS)];
          double expected = (double) all * stringCounts[code - FIRST_STRING] / words;
          bound = together * 5 >= all || together >= 8 * expected;
        }
        argument[i] = !bound;
      }
    }
  }

  /** Builds the template text of a row and lists its arguments. */
  private int build(LogRows rows, int r, int firstArgument) {
    byte[] b = rows.bytes.buf;
    int start = rows.starts[r];
    int args = firstArgument;
    text.clear();
    for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
      int end = tokens.ends[i];
      if (argument[i]) {
        text.putByte(tokens.kinds[i] == Tokens.WORD ? WORD_ARGUMENT : ARGUMENT);
        if (args == arguments.length) {
          arguments = Arrays.copyOf(arguments, args * 2);
        }
        arguments[args++] = i;
      } else if (tokens.kinds[i] == Tokens.WORD) {
        text.put(b, start, end - start);
      } else {
        for (int p = start; p < end; p++) {
          if (b[p] >= ARGUMENT && b[p] <= ESCAPE) {
            text.putByte(ESCAPE);
          }
          text.putByte(b[p]);
        }
      }
      start = end;
    }
    return args;
  }

  /** Appends a template text with {@code <_>} for each placeholder. */
  static void appendPattern(byte[] b, int start, int end, ByteSink out) {
    for (int p = start; p < end; p++) {
      byte c = b[p];
      if (c == ARGUMENT || c == WORD_ARGUMENT) {
        out.put(PATTERN_ARGUMENT, 0, PATTERN_ARGUMENT.length);
      } else {
        out.putByte(c == ESCAPE ? b[++p] : c);
      }
    }
  }
}
