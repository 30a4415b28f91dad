package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JsonOutTest {
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private final JsonOut out =
      new JsonOut(
          new JsonOut.Sink() {
            @Override
            public void whole(byte[] body, int length) {
              sent.write(body, 0, length);
            }

            @Override
            public OutputStream stream() {
              return sent;
            }
          });

  private String text() throws IOException {
    out.finish();
    return sent.toString(StandardCharsets.UTF_8);
  }

  /** The limits of the exponent are those of Go's JSON encoder. */
  @Test
  void values() throws IOException {
    for (double v : new double[] {0, -0.0, 1.5, -7, 1e-6, 9.9e-7, 1e20, 1e21, 0x1p60, 1e300}) {
      out.value(v).put(' ');
    }
    out.value(Double.NaN).value(Double.POSITIVE_INFINITY).value(Double.NEGATIVE_INFINITY);
    assertThat(text())
        .isEqualTo(
            "\"0\" \"-0\" \"1.5\" \"-7\" \"0.000001\" \"9.9e-07\" \"100000000000000000000\""
                + " \"1e+21\" \"1152921504606847000\" \"1e+300\" \"NaN\"\"+Inf\"\"-Inf\"");
  }

  /** Texts are looked at by words of eight bytes: each place in a word, each byte, each length. */
  @Test
  void escapesTextsOfEachLengthAtEachPosition() throws IOException {
    String[] special = {
      "\"", "\\", "\n", "\r", "\t", "\0", "\u001f", "<", ">", "&", "\u007f", "\u00e4", "\u2028",
          "\u2029",
      "\u202a", "\ud83d\ude00", " ", "!", "#", "[", "]", "=", "?", "%", "'", "~", "", "|"
    };
    StringBuilder expected = new StringBuilder();
    for (int length = 0; length < 20; length++) {
      for (int place = 0; place <= length; place++) {
        for (String s : special) {
          String text = "x".repeat(place) + s + "y".repeat(length - place);
          out.string(text);
          GoJson.append(expected, text);
          out.labels(Labels.of("a", text + "z", "n" + text, "v"));
          expected.append("{\"a\":").append(labelText(text + "z")).append(',');
          expected.append(labelText("n" + text)).append(":\"v\"}");
        }
      }
    }
    assertThat(text()).isEqualTo(expected.toString());
  }

  /** In labels neither HTML nor separators of lines are escaped. */
  private static String labelText(String s) {
    return GoJson.appendWithHtml(new StringBuilder(), s)
        .toString()
        .replace("\\u2028", "\u2028")
        .replace("\\u2029", "\u2029");
  }

  @Test
  void timestampsAndWholeNumbers() throws IOException {
    out.timestamp(1_700_000_000_000L).put(' ').timestamp(-1_050).put(' ').timestamp(7).put(' ');
    out.number(Long.MIN_VALUE).put(' ').number(Long.MAX_VALUE).put(' ').number(0.25);
    assertThat(text())
        .isEqualTo("1700000000 -1.050 0.007 -9223372036854775808 9223372036854775807 0.25");
  }

  /** A value written before is copied, but not when it has left with the buffer. */
  @Test
  void repeatedValuesAcrossFlushes() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    StringBuilder expected = new StringBuilder();
    double v = 0; // its bits are those of a fresh JsonOut
    for (int i = 0; i < 100_000; i++) {
      out.value(v).put(',');
      expected.append('"').append(GoFloat.f(v)).append("\",");
      if (random.nextInt(4) == 0) {
        v = random.nextInt(100_000) / 300.0;
      }
    }
    assertThat(text().equals(expected.toString())).isTrue();
  }

  /** Against point by point: gaps, repeats, all kinds of numbers and times, flushes between. */
  @Test
  void writesPointsInBulkAsOneByOne() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    JsonOut naive =
        new JsonOut(
            new JsonOut.Sink() {
              @Override
              public void whole(byte[] body, int length) {
                expected.write(body, 0, length);
              }

              @Override
              public OutputStream stream() {
                return expected;
              }
            });
    long[][] starts = {{-3_000_500, 1_000}, {1_700_000_000_000L, 15_000}, {Long.MIN_VALUE / 2, 7}};
    for (int series = 0; series < 300; series++) {
      long[] start = starts[series / 100];
      long[] times = new long[1 + random.nextInt(200)];
      double[] values = new double[times.length];
      long t = start[0];
      for (int k = 0; k < times.length; k++) {
        t += start[1] * (random.nextInt(10) == 0 ? 2 : 1);
        times[k] = t;
        values[k] =
            switch (random.nextInt(6)) {
              case 0 -> Double.longBitsToDouble(random.nextLong());
              case 1 -> random.nextInt(1000) / 10.0;
              case 2 -> random.nextInt(1000);
              case 3 -> random.nextBoolean() ? 0.0 : -0.0;
              default -> k == 0 ? 0 : values[k - 1];
            };
      }
      int size = 1 + random.nextInt(times.length);
      for (int twice = 0; twice < 2; twice++) { // the same array again, and another length of it
        out.points(times, values, size);
        for (int k = 0; k < size; k++) {
          naive.raw(k == 0 ? "[[" : ",[").timestamp(times[k]).put(',').value(values[k]).put(']');
        }
        naive.put(']');
        out.value(values[0]).put(' ');
        naive.value(values[0]).put(' ');
        size = times.length;
      }
    }
    naive.finish();
    assertThat(text()).isEqualTo(expected.toString(StandardCharsets.UTF_8));
  }
}
