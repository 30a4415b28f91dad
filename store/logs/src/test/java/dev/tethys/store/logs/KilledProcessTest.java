package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that appends and flushes, and reads what it acknowledged. */
@Tag("slow")
class KilledProcessTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final int BATCH = 50;

  /** Appends batches of numbered rows and prints the number behind each acknowledged batch. */
  public static final class Appender {
    private Appender() {}

    public static void main(String[] args) throws IOException {
      LogDatabase db = LogDatabase.open(new RealFiles(), Path.of(args[0]), options());
      for (int n = Integer.parseInt(args[1]); ; n += BATCH) {
        List<Row> rows = new ArrayList<>();
        for (int i = n; i < n + BATCH; i++) {
          rows.add(
              Row.of(Labels.of("app", "a" + i % 5), T0 + i, "request " + i + " took " + i % 7));
        }
        db.append(Scope.DEFAULT, LogStoreFixture.batch(rows));
        System.out.println(n + BATCH);
      }
    }
  }

  private static LogOptions options() {
    return new LogOptions(
        EngineOptions.defaults().withHeadBytes(200_000).withReserveBytes(0), LogLimits.DEFAULTS);
  }

  @Test
  void acknowledgedRowsSurviveAKill(@TempDir Path folder) throws Exception {
    Random random = new Random(11);
    int next = 0;
    for (int round = 0; round < 2; round++) {
      Process p =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx128m",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Appender.class.getName(),
                  folder.toString(),
                  Integer.toString(next))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      int acknowledged = next;
      try (BufferedReader in =
          new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
        int killAt = next + BATCH * (10 + random.nextInt(40));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          acknowledged = Integer.parseInt(line);
          if (acknowledged >= killAt) {
            p.toHandle().destroyForcibly(); // the other method closes the stream
          }
        }
      } finally {
        p.destroyForcibly().waitFor();
      }
      assertThat(acknowledged).isGreaterThan(next);
      List<String> found = bodies(folder);
      Set<Integer> numbers =
          found.stream()
              .map(b -> Integer.parseInt(b.split(" ")[1]))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(found).hasSameSizeAs(numbers); // no row twice
      for (int i = 0; i < acknowledged; i++) {
        assertThat(numbers).as("row %d of %d acknowledged", i, acknowledged).contains(i);
      }
      next = (numbers.size() + BATCH - 1) / BATCH * BATCH;
    }
  }

  private static List<String> bodies(Path folder) throws IOException {
    try (LogDatabase db = LogDatabase.open(new RealFiles(), folder, options());
        LogSelection s =
            db.select(
                Scope.DEFAULT,
                List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+")),
                T0,
                T0 + 1_000_000_000L)) {
      return LogStoreFixture.read(s, LogFilter.NONE).stream().map(Row::body).toList();
    }
  }
}
