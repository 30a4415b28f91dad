package dev.tethys.query.logql.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.ast.Stage.Extraction;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lines with placeholders for arguments that a stage does not need give the labels of the lines.
 */
@Tag("slow")
class LinePartsTest {
  private static final List<Stage> STAGES =
      List.of(
          new Stage.Json(List.of()),
          new Stage.Json(List.of(new Extraction("status", "status"))),
          new Stage.Json(
              List.of(new Extraction("status", "a.status"), new Extraction("x", "ms[0]"))),
          new Stage.Json(List.of(new Extraction("status", "[\"a b\"]"))),
          new Stage.Logfmt(false, false, List.of()),
          new Stage.Logfmt(false, true, List.of()),
          new Stage.Logfmt(false, false, List.of(new Extraction("status", "ms"))),
          new Stage.Logfmt(false, true, List.of(new Extraction("x", "status"))));

  private static final List<Set<String>> USED =
      List.of(
          Set.of("status"),
          Set.of("status", "__error__"),
          Set.of("status", "__error__", "__error_details__"),
          Set.of("a_5", "status", "__error__", "__error_details__"),
          Set.of("a_status", "__error__", "__error_details__"),
          Set.of("status_extracted", "ms", "w", "_0", "__error_details__"));

  private static final String[] TEXTS = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    " ",
    "=",
    "\n",
    "\t",
    "-",
    ".",
    "\"status\":",
    "{\"",
    "\":\"",
    "\",\"",
    "\":",
    ",\"",
    "\":{\"",
    "},\"",
    "\"}",
    "status",
    "status=",
    "ms=",
    " ms=\"",
    "\" ",
    "=\"",
    "\\\"",
    "\\u00",
    "\\n",
    "true",
    "null",
    "a",
    "a b",
    "\"a\":{\"status\":",
    "é",
    "\u00ff",
    "{\"ts\":\"",
    "\",\"level\":\"info\",\"status\":",
    "ts=",
    " msg=\"",
    "\" took_ms=",
    "{\"a\":",
    "\"ms\":[",
    "\\",
    "\"\"",
    "={",
    "\u00c3",
    "{\"status\":\"",
    "\"w\":",
    " =",
    "0",
    "w"
  };

  private static final String[] DIGITS = {"0", "5", "007", "123456", "99"};

  private static final String[] LETTERS = {
    "status",
    "ms",
    "a",
    "a_5",
    "a_status",
    "true",
    "false",
    "null",
    "n",
    "t",
    "u0041",
    "f00d",
    "0x1f",
    "w",
    "_",
    "\u00c3\u00a9",
    "\u00ff\u00fe",
    "\u00c3",
    "\u00a9",
    "\u00ef\u00bf\u00bd",
    "5",
    "e9",
    "took_ms"
  };

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String labels(Stage stage, Set<String> used, byte[] line, boolean based) {
    NameTable names = new NameTable();
    LogPipeline pipeline = LogPipeline.compile(List.of(stage), names, new UsedLabels(used));
    Row row = new Row(names);
    row.clear();
    if (based) {
      row.addStream(names.id("status"), bytes("base"), 0, 4);
    }
    row.line(line, 0, line.length);
    pipeline.process(row);
    return row.allLabels().toString();
  }

  /** Text with an argument behind each piece but the last one. */
  private record Outline(List<String> pieces, List<Boolean> digits) {
    static Outline random(Random random) {
      List<String> pieces = new java.util.ArrayList<>();
      List<Boolean> digits = new java.util.ArrayList<>();
      for (int n = 1 + random.nextInt(9); n > 0; n--) {
        StringBuilder piece = new StringBuilder();
        if (pieces.isEmpty() && random.nextInt(3) > 0) {
          piece.append(random.nextBoolean() ? "{\"" : "{\"ts\":\"");
        }
        for (int k = random.nextInt(4); k > 0; k--) {
          piece.append(TEXTS[random.nextInt(TEXTS.length)]);
        }
        pieces.add(piece.toString());
        digits.add(random.nextBoolean());
      }
      digits.removeLast();
      return new Outline(pieces, digits);
    }

    byte[] line(String[] arguments) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < pieces.size(); i++) {
        out.append(pieces.get(i)).append(i < arguments.length ? arguments[i] : "");
      }
      return bytes(out.toString());
    }

    String[] arguments(Random random) {
      String[] out = new String[digits.size()];
      for (int i = 0; i < out.length; i++) {
        String[] of = digits.get(i) ? DIGITS : LETTERS;
        out[i] = of[random.nextInt(of.length)];
      }
      return out;
    }

    boolean[] needed(LogBodyParts parts) {
      return needed(parts, new java.util.ArrayList<>());
    }

    boolean[] needed(LogBodyParts parts, List<int[]> unread) {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      int[] places = new int[digits.size() + 3];
      for (int i = 0; i < pieces.size(); i++) {
        text.writeBytes(bytes(pieces.get(i)));
        if (i < digits.size()) {
          places[i] = text.size();
          text.write(digits.get(i) ? LogBodyParts.DIGITS : LogBodyParts.LETTERS);
        }
      }
      boolean[] needed = new boolean[digits.size()];
      byte[] padded = Arrays.copyOf(text.toByteArray(), text.size() + 16);
      parts.mark(
          padded, text.size(), places, needed, (from, to) -> unread.add(new int[] {from, to}));
      return needed;
    }

    int ranges(LogBodyParts parts, String[] arguments, boolean[] known, List<int[]> ranges) {
      String[][] of = new String[arguments.length][];
      for (int a = 0; a < of.length; a++) {
        of[a] = new String[] {arguments[a]};
      }
      return ranges(parts, arguments, known, of, ranges);
    }

    /**
     * Asks for ranges; these are numbers of bytes of the text with placeholders.
     *
     * @param of values that the arguments may have
     */
    int ranges(
        LogBodyParts parts,
        String[] arguments,
        boolean[] known,
        String[][] of,
        List<int[]> ranges) {
      byte[] text = bytes(placeholders());
      int[] places = new int[digits.size() + 3];
      for (int i = 0, at = 0; i < digits.size(); i++) {
        at += pieces.get(i).length();
        places[i] = at++;
      }
      return parts.ranges(
          Arrays.copyOf(text, text.length + 16),
          text.length,
          places,
          digits.size(),
          new LogBodyParts.Known() {
            @Override
            public int write(int a, byte[] to, int at) {
              byte[] value = bytes(arguments[a]);
              if (!known[a] || to.length - at < value.length) {
                return -1;
              }
              System.arraycopy(value, 0, to, at, value.length);
              return at + value.length;
            }

            @Override
            public boolean mayPass(int a, LogBodyParts.Test test) {
              for (String value : of[a]) {
                byte[] b = bytes("x" + value + "y");
                if (test.passes(Arrays.copyOf(b, b.length + 16), 1, b.length - 1)) {
                  return true;
                }
              }
              return false;
            }
          },
          (from, to) -> ranges.add(new int[] {from, to}));
    }

    /** Some values of an argument. */
    String[] values(int argument, String first, Random random) {
      String[] all = digits.get(argument) ? DIGITS : LETTERS;
      String[] out = new String[1 + random.nextInt(4)];
      out[0] = first;
      for (int i = 1; i < out.length; i++) {
        out[i] = all[random.nextInt(all.length)];
      }
      return out;
    }

    private String placeholders() {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < pieces.size(); i++) {
        out.append(pieces.get(i)).append(i == digits.size() ? "" : digits.get(i) ? "0" : "w");
      }
      return out.toString();
    }

    /** Line without ranges of the text with placeholders. */
    byte[] read(String[] arguments, List<int[]> unread) {
      StringBuilder text = new StringBuilder(placeholders());
      for (int[] range : unread) {
        for (int p = range[0]; p < range[1]; p++) {
          text.setCharAt(p, '\uffff');
        }
      }
      StringBuilder out = new StringBuilder();
      for (int i = 0, at = 0; i < pieces.size(); i++) {
        out.append(text, at, at + pieces.get(i).length());
        at += pieces.get(i).length();
        if (i < arguments.length) {
          boolean gone = text.charAt(at++) == '\uffff';
          out.append(gone ? "" : arguments[i]);
        }
      }
      return bytes(out.toString().replace("\uffff", ""));
    }

    /** Ranges with their arguments, as a store passes them on. */
    byte[] values(List<int[]> ranges, String[] arguments) {
      String text = placeholders();
      int[] argumentAt = new int[text.length()];
      for (int i = 0, at = 0; i < digits.size(); i++) {
        at += pieces.get(i).length();
        argumentAt[at++] = i + 1;
      }
      StringBuilder out = new StringBuilder();
      for (int[] range : ranges) {
        for (int p = range[0]; p < range[1]; p++) {
          out.append(
              argumentAt[p] > 0 ? arguments[argumentAt[p] - 1] : String.valueOf(text.charAt(p)));
        }
        out.append('\0');
      }
      return bytes(out.toString());
    }
  }

  @Test
  void linesWithPlaceholdersHaveTheSameLabels() {
    Random random = new Random(11);
    int replaced = 0;
    int labelled = 0;
    int leftOut = 0;
    for (int i = 0; i < 60_000; i++) {
      Outline outline = Outline.random(random);
      for (Stage stage : STAGES) {
        Set<String> used = USED.get(random.nextInt(USED.size()));
        LogPipeline pipeline =
            LogPipeline.compile(List.of(stage), new NameTable(), new UsedLabels(used));
        List<int[]> unread = new java.util.ArrayList<>();
        boolean[] needed = outline.needed(Objects.requireNonNull(pipeline.lineParts()), unread);
        String[] arguments = outline.arguments(random);
        String[] parts = arguments.clone();
        for (int a = 0; a < parts.length; a++) {
          if (!needed[a]) {
            replaced++;
            parts[a] = outline.digits.get(a) ? "0" : "w";
          }
        }
        boolean based = random.nextInt(4) == 0;
        byte[] line = outline.line(arguments);
        String want = labels(stage, used, line, based);
        labelled += want.equals("{}") ? 0 : 1;
        leftOut += unread.size();
        assertThat(labels(stage, used, outline.read(parts, unread), based))
            .as(() -> stage + " of " + new String(line, StandardCharsets.ISO_8859_1))
            .isEqualTo(want);
      }
    }
    assertThat(replaced).isGreaterThan(100_000);
    assertThat(labelled).isGreaterThan(50_000);
    assertThat(leftOut).isGreaterThan(50_000);
  }

  @Test
  void rangesHaveTheSameLabels() {
    Random random = new Random(12);
    int ranged = 0;
    int labelled = 0;
    for (int i = 0; i < 60_000; i++) {
      Outline outline = Outline.random(random);
      for (Stage stage : STAGES) {
        Set<String> used = USED.get(random.nextInt(USED.size()));
        NameTable names = new NameTable();
        LogPipeline pipeline = LogPipeline.compile(List.of(stage), names, new UsedLabels(used));
        String[] first = outline.arguments(random);
        boolean[] known = new boolean[first.length];
        for (int a = 0; a < known.length; a++) {
          known[a] = random.nextBoolean();
        }
        List<int[]> ranges = new java.util.ArrayList<>();
        String[][] of = new String[first.length][]; // values that an argument may have
        for (int a = 0; a < known.length; a++) {
          of[a] = outline.values(a, first[a], random);
        }
        int number =
            outline.ranges(Objects.requireNonNull(pipeline.lineParts()), first, known, of, ranges);
        for (int k = 0; number >= 0 && k < 4; k++) {
          String[] arguments = new String[known.length];
          for (int a = 0; a < known.length; a++) {
            arguments[a] = known[a] ? first[a] : of[a][random.nextInt(of[a].length)];
          }
          boolean based = random.nextInt(4) == 0;
          byte[] line = outline.line(arguments);
          String want = labels(stage, used, line, based);
          Row row = new Row(names);
          row.clear();
          if (based) {
            row.addStream(names.id("status"), bytes("base"), 0, 4);
          }
          byte[] values = outline.values(ranges, arguments);
          row.line(values, 0, values.length);
          row.ranges = number;
          pipeline.process(row);
          assertThat(row.allLabels().toString())
              .as(() -> stage + " of " + new String(line, StandardCharsets.ISO_8859_1))
              .isEqualTo(want);
          ranged++;
          labelled += want.equals("{}") ? 0 : 1;
        }
      }
    }
    assertThat(ranged).isGreaterThan(100_000);
    assertThat(labelled).isGreaterThan(30_000);
  }

  @Test
  void valuesOfOrdinaryLinesAreRanges() {
    List<String> pieces = List.of("{\"ts\":\"", "T\",\"status\":", ",\"ms\":[", "],\"k\":1}");
    Outline json = new Outline(pieces, List.of(true, true, true));
    String[] arguments = {"1", "503", "7"};
    for (Stage stage : List.of(new Stage.Json(List.of()), STAGES.get(1))) {
      List<int[]> ranges = new java.util.ArrayList<>();
      assertThat(json.ranges(parts(stage), arguments, new boolean[3], ranges)).isZero();
      assertThat(json.values(ranges, arguments)).isEqualTo(bytes("503\0"));
    }
    Outline keys = new Outline(List.of("{\"", "\":\"x\"}"), List.of(false));
    assertThat(
            keys.ranges(
                parts(STAGES.getFirst()),
                new String[] {"status"},
                new boolean[1],
                new java.util.ArrayList<>()))
        .isNegative();
    List<int[]> ranges = new java.util.ArrayList<>();
    assertThat(
            keys.ranges(
                parts(STAGES.getFirst()), new String[] {"status"}, new boolean[] {true}, ranges))
        .isZero();
    assertThat(keys.values(ranges, new String[] {"status"})).isEqualTo(bytes("x\0"));
    Outline logfmt = new Outline(List.of("ts=", " msg=\"a b\" status=", "ms"), List.of(true, true));
    List<int[]> pair = new java.util.ArrayList<>();
    assertThat(logfmt.ranges(parts(STAGES.get(4)), arguments, new boolean[2], pair)).isZero();
    assertThat(logfmt.values(pair, new String[] {"1", "5"})).isEqualTo(bytes("5ms\0"));
  }

  @Test
  void doesNotReadKeysAbsentFromAllLabels() {
    Outline logfmt = new Outline(List.of("status=", " ", "=", ""), List.of(true, false, false));
    String[] arguments = {"5", "took", "x"};
    List<int[]> ranges = new java.util.ArrayList<>();
    String[][] others = {{"5"}, {"took", "stat"}, {"x"}};
    boolean[] known = new boolean[3];
    assertThat(logfmt.ranges(parts(STAGES.get(4)), arguments, known, others, ranges)).isZero();
    assertThat(logfmt.values(ranges, arguments)).isEqualTo(bytes("5\0"));
    String[][] some = {{"5"}, {"took", "status"}, {"x"}};
    assertThat(logfmt.ranges(parts(STAGES.get(4)), arguments, known, some, ranges)).isNegative();
    String[][] noKey = {{"5"}, {"took", "\u00c3"}, {"x"}};
    assertThat(logfmt.ranges(parts(STAGES.get(4)), arguments, known, noKey, ranges)).isNegative();
  }

  @Test
  void requiresOnlyUsedValues() {
    List<String> pieces =
        List.of("{\"ts\":\"", "T", "\",\"status\":", ",\"ms\":[", "],\"", "\":1}");
    Outline json = new Outline(pieces, List.of(true, true, true, true, false));
    assertThat(json.needed(parts(new Stage.Json(List.of()))))
        .containsExactly(false, false, true, false, true);
    assertThat(json.needed(parts(STAGES.get(1)))).containsExactly(false, false, true, false, true);
    Outline logfmt =
        new Outline(
            List.of("ts=", " msg=\"", " x\" status=", "ms ", "=1"),
            List.of(true, false, true, false));
    List<int[]> unread = new java.util.ArrayList<>();
    assertThat(logfmt.needed(parts(new Stage.Logfmt(false, false, List.of())), unread))
        .containsExactly(false, false, true, true);
    String[] arguments = {"5", "status=1", "200", "w"};
    assertThat(new String(logfmt.read(arguments, unread), StandardCharsets.ISO_8859_1))
        .isEqualTo("status=200ms w=1");
  }

  private static LogBodyParts parts(Stage stage) {
    return Objects.requireNonNull(
        LogPipeline.compile(List.of(stage), new NameTable(), new UsedLabels(Set.of("status")))
            .lineParts());
  }

  @Test
  void wholeLineReadsNeedAllParts() {
    NameTable names = new NameTable();
    List<Stage> json = List.of(new Stage.Json(List.of()));
    assertThat(LogPipeline.compile(json, names, UsedLabels.ALL).lineParts()).isNull();
    List<Stage> strict = List.of(new Stage.Logfmt(true, false, List.of()));
    UsedLabels used = new UsedLabels(Set.of("status"));
    assertThat(LogPipeline.compile(strict, names, used).lineParts()).isNull();
  }
}
