package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More letters than are listed at once. */
@Tag("slow")
@Timeout(120)
class DeadLetterCommandsTest {
  private static final int LETTERS = 1003;

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final AtomicInteger sent = new AtomicInteger();

  private Outbox open(SendResult verdict) throws Exception {
    return new Outboxes(new RealFiles(), Scheduler.system(), new Random(1))
        .open(
            "exporter test",
            OutboxOptions.DEFAULT.withDisk(
                new OutboxOptions.Disk(
                    folder.resolve("queue"), OutboxOptions.Sync.NEVER, 256L << 20)),
            p -> {
              sent.incrementAndGet();
              return verdict;
            },
            new ItemAccounting("exporter", "test", Signal.LOGS));
  }

  private int run(String name, String... args) throws Exception {
    out.reset();
    err.reset();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return new ToolRole(List.of())
        .run(Stream.concat(Stream.of(name.split(" ")), Stream.of(args)).toList(), console);
  }

  @Test
  void replaysAllUnlessSomeAreNamed() throws Exception {
    try (Outbox b = open(new SendResult.Permanent("no"))) {
      for (int i = 0; i < LETTERS; i++) {
        b.put(new EncodedRequest(Signal.LOGS, new byte[] {1}, 1, 0, Map.of()), AckCallback.NONE);
      }
      b.close(Duration.ofMinutes(1));
    }
    String queue = folder.resolve("queue").toString();
    assertThat(run("dlq list", folder.toString())).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(1001);
    assertThat(err).asString().contains("queue has 1003 dead letters, of which the oldest 1000");
    assertThat(run("dlq replay", "--limit=2", queue)).isZero();
    assertThat(out).asString().startsWith("2 of 2 dead letters");
    assertThat(err).asString().contains("1001 are left");
    assertThat(run("dlq replay", queue)).isZero();
    assertThat(out).asString().startsWith("1001 of 1001 dead letters");
    sent.set(0);
    try (Outbox b = open(SendResult.DELIVERED)) {
      b.close(Duration.ofMinutes(1));
      assertThat(b.status().deadLetters()).isZero();
    }
    assertThat(sent).hasValue(LETTERS);
  }
}
