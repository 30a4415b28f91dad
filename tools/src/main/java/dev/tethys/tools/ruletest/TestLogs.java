package dev.tethys.tools.ruletest;

import dev.tethys.codec.loki.StreamEnrichment;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import dev.tethys.tools.ruletest.UnitTestFile.InputLogs;
import dev.tethys.tools.ruletest.UnitTestFile.TestGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Log lines of a test, in a log store in a temporary folder. It exists only if the test has lines
 * or a rule queries them.
 */
final class TestLogs implements AutoCloseable {
  /** Maximum number of log lines per test. */
  private static final long MAX_LINES = 1_000_000;

  private @Nullable Path folder;
  private @Nullable LogDatabase database;
  private @Nullable LogqlEngine engine;

  /** Returns the engine over the lines. */
  LogqlEngine engine() {
    LogqlEngine e = engine;
    if (e == null) {
      e = new LogqlEngine(open(), 1, MemoryShare.unlimited(), System::nanoTime);
      engine = e;
    }
    return e;
  }

  private LogDatabase open() {
    LogDatabase d = database;
    if (d == null) {
      try {
        Path at = Files.createTempDirectory("tethys-test-logs");
        folder = at;
        d =
            LogDatabase.open(
                new RealFiles(), at, new LogOptions(EngineOptions.defaults(), LogLimits.DEFAULTS));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      database = d;
    }
    return d;
  }

  /** Stores the lines of a test and returns the errors. */
  List<String> store(TestGroup test) {
    int number = 0;
    for (InputLogs in : test.logs()) {
      number++;
      String problem = store(test, in);
      if (problem != null) {
        return List.of("    input_logs " + number + ": " + problem);
      }
    }
    return List.of();
  }

  private @Nullable String store(TestGroup test, InputLogs in) {
    Labels stream;
    try {
      stream = PromqlParser.parseMetric(in.stream());
    } catch (PromqlParseException e) {
      return "stream " + in.stream() + " cannot be read: " + e.getMessage();
    }
    if (stream.isEmpty()) {
      return "stream has no labels; at least one is required, such as {app=\"shop\"}";
    }
    if (in.repeat() < 0 || in.repeat() * in.lines().size() > MAX_LINES) {
      return "repeat is " + in.repeat() + "; a test can have 0 to " + MAX_LINES + " lines";
    }
    LogBatch batch = new LogBatch();
    int s = batch.stream(StreamEnrichment.withService(stream));
    long nanos = Math.multiplyExact(test.start().plus(in.at()).toEpochMilli(), 1_000_000L);
    for (long r = 0; r < in.repeat(); r++) {
      for (String line : in.lines()) {
        byte[] b = line.getBytes(StandardCharsets.UTF_8);
        batch.add(nanos, s, b, 0, b.length);
        in.metadata()
            .forEach(
                (name, value) -> {
                  byte[] v = value.getBytes(StandardCharsets.UTF_8);
                  batch.metadata(batch.name(name), v, 0, v.length);
                });
        StreamEnrichment.addLevel(batch, StreamEnrichment.levelOf(stream));
        // lines with the same time differ by a nanosecond, so that equal lines remain distinct
        nanos += in.every().isZero() ? 1 : in.every().toNanos();
      }
    }
    if (batch.rows == 0) {
      return null;
    }
    LogAppendResult result = open().append(Scope.of(in.tenant()), batch);
    return result.refusals().isEmpty() ? null : result.refusals().getFirst().message();
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
    if (database != null) {
      database.close();
    }
    if (folder != null) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
