package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Finds the templates of log bodies: which tokens belong to the program's text and which are
 * arguments.
 *
 * <p>Numbers, hexadecimal and mixed tokens are always arguments, delimiters never. A word is text
 * when it is bound to its context, the tokens before it: it follows this context in at least a
 * fifth of the cases, or much more often than its overall frequency explains, or hardly occurs
 * elsewhere and is not rare in this context. The last rule holds the first words of short lines,
 * since the start of a line is a large part of all contexts there. Frequencies are counted twice in
 * a sample of the rows, the second time with the arguments of the first replaced by one
 * placeholder, so that text that follows an argument is recognised. Rows with equal text and
 * placeholders share a template; a row that is alone with its template is reduced to its
 * delimiters, everything else being arguments. The decision affects size and speed only: text and
 * arguments together are always the exact body.
 *
 * <p>The frequency approach follows LogCluster (Vaarandi 2015) and Drain (He 2017), with contexts
 * instead of fixed positions, so that optional and repeated parts do not move text out of place.
 *
 * <p>Rows of a template have equal numbers of tokens, and their arguments are the same tokens: a
 * template is a sequence of codes, the id in {@link Words} for text, a placeholder for an argument.
 *
 * <p>Template text holds {@link #ARGUMENT} and {@link #WORD_ARGUMENT} as placeholders; these bytes
 * and {@link #ESCAPE} are preceded by {@link #ESCAPE} where they are text. Not thread-safe; memory
 * is reused.
 */
final class Templates {
  /** Placeholder of a number, hexadecimal or mixed token. */
  static final byte ARGUMENT = 1;

  /** Placeholder for a word. */
  static final byte WORD_ARGUMENT = 2;

  /** Precedes one of the three bytes where it is text. */
  static final byte ESCAPE = 3;

  static final byte[] PATTERN_ARGUMENT = {'<', '_', '>'};

  /** Longer bodies become one argument. */
  static final int MAX_SPLIT_BYTES = 32 << 10;

  private static final int FIRST_STRING = 8; // codes below are kinds of tokens and placeholders
  private static final int START = 6;
  private static final int PLACEHOLDER = 7;
  private static final int MIN_SUPPORT = 3;
  private static final int SHOWN_ROUNDS = 4;
  private static final int MAX_OWN = 256; // words of one context that are text as they occur in it
  private static final int LARGE = 1 << 18; // codes from which on their array grows by a quarter
  private static final int SAMPLE_FROM = 8192; // rows from which one of SAMPLE_STEP is counted
  private static final int SAMPLE_STEP = 6;
  // Counters without keys: what shares one is counted together, which costs size, not exactness.
  private static final int CONTEXTS = 1 << 16;
  private static final int PAIRS = 1 << 18;

  private final Words words;
  final Tokens tokens;

  /** Index of the first token of each row. */
  int[] rowTokens = new int[1];

  /** Template of each row. */
  int[] templateOf = new int[0];

  /** Number of templates; some may have no rows. */
  int count;

  /** First code of each template; its codes end where those of the next one start. */
  int[] codeStarts = new int[1 << 10];

  /** Codes of all templates, see {@link #isArgument} and {@link #isWordArgument}. */
  int[] templateCodes = new int[1 << 14];

  /** Number of rows of each template. */
  int[] uses = new int[1 << 10];

  private long[] hashes = new long[1 << 10];
  private int[] table = new int[1 << 11]; // template + 1, 0 is empty
  private int[] wordCounts = new int[1 << 10];
  private int[] shape = new int[1 << 8];
  private boolean[] argument = new boolean[1 << 12]; // of the tokens of sampled rows
  private final char[] contexts = new char[CONTEXTS];
  private final char[] pairs = new char[PAIRS];
  private double perWord;

  Templates(Words words, BlockFilter filter) {
    this.words = words;
    this.tokens = new Tokens(words, filter);
  }

  static boolean isArgument(int code) {
    return code < FIRST_STRING;
  }

  static boolean isWordArgument(int code) {
    return code == PLACEHOLDER;
  }

  /** Returns the id in {@link Words} of a token that is a word. */
  int word(int token) {
    return tokens.codes[token] - FIRST_STRING;
  }

  static int codeOfWord(int id) {
    return id + FIRST_STRING;
  }

  /** Finds the templates of all rows. */
  void find(LogRows rows) {
    int n = rows.count;
    split(rows);
    int step = n < SAMPLE_FROM ? 1 : SAMPLE_STEP;
    int sampled = countWords(n, step);
    if (argument.length < sampled) {
      argument = new boolean[sampled + (sampled >> 2)];
    } else {
      Arrays.fill(argument, 0, sampled, false);
    }
    count(n, step);
    decideSample(n, step);
    count(n, step);
    assign(n);
    generalize(n);
  }

  /** Assigns to each row the template of its text and placeholders. */
  private void assign(int n) {
    if (templateOf.length < n) {
      templateOf = new int[n];
    }
    count = 0;
    Arrays.fill(table, 0);
    Arrays.fill(uses, 0);
    for (int r = 0; r < n; r++) {
      templateOf[r] = template(shape(r), rowTokens[r + 1] - rowTokens[r]);
    }
  }

  /**
   * Finds the templates of a few rows that are shown and not stored: words are decided until they
   * do not change, and rows that are alone with their template keep it.
   */
  void findShown(LogRows rows) {
    int n = rows.count;
    split(rows);
    argument = new boolean[countWords(n, 1)];
    count(n, 1);
    for (int round = 0; round < SHOWN_ROUNDS && decideSample(n, 1); round++) {
      count(n, 1);
    }
    assign(n);
  }

  private void split(LogRows rows) {
    int n = rows.count;
    byte[] b = rows.bytes.buf;
    tokens.clear();
    if (rowTokens.length < n + 1) {
      rowTokens = new int[n + 1];
    }
    for (int r = 0; r < n; r++) {
      rowTokens[r] = tokens.count;
      int start = rows.starts[r];
      int end = start + rows.lengths[r];
      if (end - start > MAX_SPLIT_BYTES) {
        tokens.whole(b, start, end);
      } else {
        tokens.split(b, start, end);
      }
    }
    tokens.finish(b);
    rowTokens[n] = tokens.count;
  }

  /** Counts the words of the sample; returns the number of its tokens. */
  private int countWords(int n, int step) {
    if (wordCounts.length < words.count()) {
      wordCounts = new int[Math.max(words.count(), wordCounts.length * 2)];
    } else {
      Arrays.fill(wordCounts, 0, words.count(), 0);
    }
    byte[] kinds = tokens.kinds;
    int[] codes = tokens.codes;
    long all = 0;
    int sampled = 0;
    for (int r = 0; r < n; r += step) {
      sampled += rowTokens[r + 1] - rowTokens[r];
      for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
        if (kinds[i] == Tokens.WORD) {
          wordCounts[codes[i] - FIRST_STRING]++;
          all++;
        }
      }
    }
    perWord = all == 0 ? 0 : 1.0 / all;
    return sampled;
  }

  private static long context(int one, int two, int four) {
    long h = one;
    h = Words.mix(h + 0x632BE59BD9B4E019L * two);
    return Words.mix(h + 0x2545F4914F6CDD1DL * four);
  }

  private static int pairSlot(long context, int code) {
    return (int) (Words.mix(context ^ code * 0xD6E8FEB86659FD93L) >>> 20) & PAIRS - 1;
  }

  private static int contextSlot(long context) {
    return (int) (context >>> 20) & CONTEXTS - 1;
  }

  /** Counts contexts and pairs in the sample; arguments count as one placeholder. */
  private void count(int n, int step) {
    Arrays.fill(contexts, '\0');
    Arrays.fill(pairs, '\0');
    byte[] kinds = tokens.kinds;
    int[] codes = tokens.codes;
    int at = 0; // of the tokens of the sample
    for (int r = 0; r < n; r += step) {
      int one = START;
      int two = START;
      int three = START;
      int four = START;
      for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
        int code = codes[i];
        if (kinds[i] == Tokens.WORD) {
          long c = context(one, two, four);
          increment(contexts, contextSlot(c));
          increment(pairs, pairSlot(c, code));
        }
        four = three;
        three = two;
        two = one;
        one = argument[at++] ? PLACEHOLDER : code;
      }
    }
  }

  /** Counts up to the most that a counter holds. */
  private static void increment(char[] counters, int slot) {
    int more = counters[slot] + 1;
    counters[slot] = (char) (more - (more >>> 16));
  }

  private boolean isBound(long context, int code) {
    int together = pairs[pairSlot(context, code)];
    if (together < MIN_SUPPORT) {
      return false;
    }
    long all = contexts[contextSlot(context)];
    int uses = wordCounts[code - FIRST_STRING];
    return together * 5L >= all
        || together >= 8 * perWord * all * uses
        || (together * 4L >= uses * 3L && together * (long) MAX_OWN >= all);
  }

  /** Decides from the last counts which words are arguments; true if a decision changes. */
  private boolean decideSample(int n, int step) {
    byte[] kinds = tokens.kinds;
    int[] codes = tokens.codes;
    boolean changed = false;
    int at = 0;
    for (int r = 0; r < n; r += step) {
      int one = START;
      int two = START;
      int three = START;
      int four = START;
      for (int i = rowTokens[r]; i < rowTokens[r + 1]; i++) {
        int code = codes[i];
        boolean counted = argument[at]; // so were the contexts that follow
        argument[at] = kinds[i] == Tokens.WORD && !isBound(context(one, two, four), code);
        changed |= argument[at++] != counted;
        four = three;
        three = two;
        two = one;
        one = counted ? PLACEHOLDER : code;
      }
    }
    return changed;
  }

  /** Codes of a row: arguments replaced by placeholders; the hash of the codes is returned. */
  private long shape(int r) {
    byte[] kinds = tokens.kinds;
    int[] codes = tokens.codes;
    int from = rowTokens[r];
    int n = rowTokens[r + 1] - from;
    if (shape.length < n) {
      shape = new int[Math.max(n, shape.length * 2)];
    }
    int[] out = shape;
    int one = START;
    int two = START;
    int three = START;
    int four = START;
    long h = n;
    for (int k = 0; k < n; k++) {
      int code = codes[from + k];
      int kind = kinds[from + k];
      int next = code;
      if (kind == Tokens.WORD) {
        if (!isBound(context(one, two, four), code)) {
          code = PLACEHOLDER;
          next = code;
        }
      } else if (kind > Tokens.WORD) {
        code = ARGUMENT;
      }
      out[k] = code;
      h = (h ^ code) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 29;
      four = three;
      three = two;
      two = one;
      one = next;
    }
    return Words.mix(h);
  }

  /** Template with the codes of {@link #shape}, which is added if it is new. */
  private int template(long h, int n) {
    int mask = table.length - 1;
    int s = (int) h & mask;
    while (table[s] != 0) {
      int t = table[s] - 1;
      int from = codeStarts[t];
      if (hashes[t] == h
          && codeStarts[t + 1] - from == n
          && Arrays.equals(templateCodes, from, from + n, shape, 0, n)) {
        uses[t]++;
        return t;
      }
      s = s + 1 & mask;
    }
    return add(h, n, s);
  }

  private int add(long h, int n, int slot) {
    int t = count++;
    if (count == uses.length) {
      uses = Arrays.copyOf(uses, count * 2);
      hashes = Arrays.copyOf(hashes, count * 2);
      codeStarts = Arrays.copyOf(codeStarts, count * 2);
    }
    int from = codeStarts[t];
    if (templateCodes.length < from + n) {
      int size = templateCodes.length;
      int more = size < LARGE ? size : size >> 2;
      templateCodes = Arrays.copyOf(templateCodes, Math.max(from + n, size + more));
    }
    System.arraycopy(shape, 0, templateCodes, from, n);
    codeStarts[t + 1] = from + n;
    hashes[t] = h;
    uses[t] = 1;
    table[slot] = t + 1;
    if (count * 2 > table.length) {
      grow();
    }
    return t;
  }

  private void grow() {
    table = new int[table.length * 2];
    int mask = table.length - 1;
    for (int t = 0; t < count; t++) {
      int s = (int) hashes[t] & mask;
      while (table[s] != 0) {
        s = s + 1 & mask;
      }
      table[s] = t + 1;
    }
  }

  /** Turns all words of rows that are alone with their template into arguments. */
  private void generalize(int n) {
    int before = count;
    for (int r = 0; r < n; r++) {
      int t = templateOf[r];
      if (t < before && uses[t] == 1) {
        int from = codeStarts[t];
        int codes = codeStarts[t + 1] - from;
        int first = rowTokens[r];
        long h = codes;
        if (shape.length < codes) {
          shape = new int[codes];
        }
        for (int k = 0; k < codes; k++) {
          int code = tokens.kinds[first + k] == Tokens.WORD ? PLACEHOLDER : templateCodes[from + k];
          shape[k] = code;
          h = (h ^ code) * 0x9E3779B97F4A7C15L;
          h ^= h >>> 29;
        }
        uses[t] = 0;
        templateOf[r] = template(Words.mix(h), codes);
      }
    }
  }

  /** Appends the text of a template with placeholders. */
  void appendText(int template, ByteSink out) {
    for (int i = codeStarts[template]; i < codeStarts[template + 1]; i++) {
      int code = templateCodes[i];
      if (isArgument(code)) {
        out.putByte(code == PLACEHOLDER ? WORD_ARGUMENT : ARGUMENT);
        continue;
      }
      int from = out.size;
      words.append(code - FIRST_STRING, out);
      if (!Tokens.isRun(out.buf[from])) { // a word needs no escapes
        escape(out, from);
      }
    }
  }

  private static void escape(ByteSink out, int from) {
    for (int p = from; p < out.size; p++) {
      if (out.buf[p] >= ARGUMENT && out.buf[p] <= ESCAPE) {
        out.ensure(1);
        System.arraycopy(out.buf, p, out.buf, p + 1, out.size - p);
        out.buf[p] = ESCAPE;
        out.size++;
        p++;
      }
    }
  }

  /** Appends a template text with {@code <_>} for each placeholder. */
  static void appendPattern(byte[] b, int start, int end, ByteSink out) {
    out.ensure((end - start) * PATTERN_ARGUMENT.length);
    byte[] to = out.buf;
    int at = out.size;
    for (int p = start; p < end; p++) {
      byte c = b[p];
      if (c > ESCAPE || c <= 0) {
        to[at++] = c;
      } else if (c == ESCAPE) {
        to[at++] = b[++p];
      } else {
        for (byte d : PATTERN_ARGUMENT) {
          to[at++] = d;
        }
      }
    }
    out.size = at;
  }
}
