package dev.tethys.codec.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files are read by ClickHouse's engine (npm's chdb), where it is installed. */
class ParquetWriterTest {
  private static final String ASK =
      """
      const [chdb, sql] = process.argv.slice(1);
      const {query} = require(chdb);
      const r = query(sql, 'TSVRaw');
      process.stdout.write(typeof r === 'string' ? r : Buffer.from(r.bytes()));
      """;

  @TempDir Path folder;

  private String ask(String sql) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder("node", "-e", ASK.strip(), Shared.npm("chdb").toString(), sql)
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    return out.strip();
  }

  private static byte[] file(Compression c, int rows, long rowGroupBytes) {
    ParquetWriter w = new ParquetWriter(c, Compression.DEFAULT_LEVEL, rowGroupBytes, "test");
    LongColumn time = w.millis("time", false);
    LongColumn precise = w.nanos("precise", true);
    TextColumn metric = w.text("metric", false, true);
    TextColumn line = w.text("line", true, false);
    DoubleColumn value = w.number("value", true);
    LongColumn n = w.integer("n", false);
    MapColumn labels = w.map("labels");
    for (int i = 0; i < rows; i++) {
      time.add(1_700_000_000_000L + i);
      if (i % 3 == 0) {
        precise.addNull();
      } else {
        precise.add(1_700_000_000_000_000_007L + i);
      }
      metric.add("metric_" + i % 7);
      if (i % 10 == 0) {
        line.addNull();
      } else {
        line.add("line " + i + " äöü 😀 \"\\\n");
      }
      if (i % 11 == 5) {
        value.addNull();
      } else {
        value.add(i / 4.0);
      }
      n.add(-i);
      for (int k = 0; k < i % 4; k++) {
        labels.add("k" + k, "v" + i % 100);
      }
      labels.end();
      w.endRow();
    }
    return w.finish();
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "SNAPPY", "ZSTD"})
  void anotherReaderFindsWrittenData(Compression c) throws Exception {
    Path f = Files.write(folder.resolve("f.parquet"), file(c, 50_000, 1 << 20));
    String from = " FROM file('" + f + "', Parquet)";
    assertThat(
            ask(
                "SELECT count(), min(time), max(time), countIf(precise IS NULL), sum(n),"
                    + " uniqExact(metric), countIf(line IS NULL), sum(value), countIf(value IS"
                    + " NULL), sum(length(labels))"
                    + from))
        .isEqualTo(
            "50000\t2023-11-14 22:13:20.000\t2023-11-14 22:14:09.999\t16667\t-1249975000\t7\t5000\t"
                + sum(50_000)
                + "\t4545\t75000");
    assertThat(ask("SELECT precise, metric, line, value, n, labels" + from + " WHERE n = -49999"))
        .isEqualTo(
            "2023-11-14 22:13:20.000050006\tmetric_5\tline 49999 äöü 😀 \"\\\n\t12499.75\t-49999\t"
                + "{'k0':'v99','k1':'v99','k2':'v99'}");
    assertThat(
            ask(
                "SELECT count()"
                    + from
                    + " WHERE labels['k2'] = 'v3' AND metric = 'metric_3' AND time >="
                    + " '2023-11-14'"))
        .isEqualTo(Long.toString(expected(50_000)));
    assertThat(
            ask(
                "SELECT num_row_groups > 1, columns[1].name,"
                    + " row_groups[1].columns[1].have_statistics,"
                    + " row_groups[1].columns[1].statistics.min FROM file('"
                    + f
                    + "', ParquetMetadata)"))
        .startsWith("1\ttime\t")
        .endsWith("1700000000000");
  }

  private static String sum(int rows) {
    double s = 0;
    for (int i = 0; i < rows; i++) {
      s += i % 11 == 5 ? 0 : i / 4.0;
    }
    return new java.math.BigDecimal(s).toPlainString();
  }

  private static long expected(int rows) {
    long n = 0;
    for (int i = 0; i < rows; i++) {
      n += i % 4 == 3 && i % 100 == 3 && i % 7 == 3 ? 1 : 0;
    }
    return n;
  }

  @Test
  void readsNonNumericValuesAndEmptyColumns() throws Exception {
    ParquetWriter w = new ParquetWriter(Compression.ZSTD, -1, 1 << 20, "test");
    DoubleColumn v = w.number("v", false);
    TextColumn none = w.text("none", true, true);
    MapColumn m = w.map("m");
    TextColumn one = w.text("one", false, true); // a dictionary of one text takes no bits a row
    for (double d :
        new double[] {
          Double.NaN, Double.POSITIVE_INFINITY, -0.0, Double.MIN_VALUE, 1e308, 5, 6, 7, 8, 9
        }) {
      v.add(d);
      none.addNull();
      m.end();
      one.add("same");
      w.endRow();
    }
    Path f = Files.write(folder.resolve("f.parquet"), w.finish());
    assertThat(
            ask(
                "SELECT groupArray(v), countIf(none IS NULL), sum(length(m)), countIf(one = 'same')"
                    + " FROM file('"
                    + f
                    + "', Parquet)"))
        .isEqualTo("[nan,inf,-0,5e-324,1e308,5,6,7,8,9]\t10\t0\t10");
    Path empty = Files.write(folder.resolve("e.parquet"), file(Compression.ZSTD, 0, 1 << 20));
    assertThat(ask("SELECT count() FROM file('" + empty + "', Parquet)")).isEqualTo("0");
  }

  @Test
  void abandonsTooLargeDictionary() throws Exception {
    ParquetWriter w = new ParquetWriter(Compression.NONE, -1, 1L << 30, "test");
    TextColumn t = w.text("t", false, true);
    Random random = new Random(1);
    int rows = 70_000;
    for (int i = 0; i < rows; i++) {
      t.add(Long.toHexString(random.nextLong()));
      w.endRow();
    }
    byte[] b = w.finish();
    Path f = Files.write(folder.resolve("f.parquet"), b);
    assertThat(ask("SELECT uniqExact(t) FROM file('" + f + "', Parquet)"))
        .isEqualTo(Integer.toString(rows));
  }

  /** The opposite of HybridRuns, from the format's page alone. */
  private static int[] read(byte[] b, int width, int count) {
    int[] out = new int[count];
    int n = 0;
    int at = 0;
    while (n < count) {
      long head = 0;
      int shift = 0;
      do {
        head |= (b[at] & 0x7fL) << shift;
        shift += 7;
      } while (b[at++] < 0);
      if ((head & 1) == 0) {
        int v = 0;
        for (int bits = 0; bits < width; bits += 8) {
          v |= (b[at++] & 0xff) << bits;
        }
        for (long i = head >>> 1; i > 0; i--) {
          out[n++] = v;
        }
        continue;
      }
      int bit = 0;
      for (long i = (head >>> 1) * 8; i > 0; i--) {
        int v = 0;
        for (int k = 0; k < width; k++, bit++) {
          v |= (b[at + bit / 8] >>> bit % 8 & 1) << k;
        }
        if (n < count) {
          out[n++] = v;
        }
      }
      at += bit / 8;
    }
    assertThat(at).isEqualTo(b.length);
    return out;
  }

  @Property(tries = 300)
  void runsComeBack(
      @ForAll @IntRange(max = 20) int most,
      @ForAll @Size(max = 60) java.util.List<@IntRange(max = 1000) Integer> numbers) {
    int limit = 1 << most % 11;
    int[] of = new int[numbers.size() * 3];
    for (int i = 0; i < of.length; i++) {
      of[i] = numbers.get(i / 3) % limit; // runs and changes
    }
    int width = HybridRuns.width(limit - 1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    HybridRuns.write(of, 0, of.length, width, out);
    assertThat(read(out.toByteArray(), width, of.length)).isEqualTo(of);
  }
}
