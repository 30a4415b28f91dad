package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.BoundedQueue;
import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.KafkaTopics;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.alert.manager.recorder.RecordedEvent;
import dev.tethys.alert.manager.recorder.RecorderMetrics;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Writes events to a topic, with the host as key. Those beyond the buffer are dropped and counted;
 * one thread hands them to the client, and waits while that has no space.
 */
final class KafkaOutput implements EventOutput {
  private static final Duration LAST_EFFORTS = Duration.ofSeconds(30);
  private static final System.Logger LOG = JulLogger.of(KafkaOutput.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private final KafkaConfig config;
  private final RecorderMetrics metrics;
  private final KafkaTopics.Topic topic;
  private final byte[] key;
  private final BoundedQueue<byte[]> events;
  private final Thread writer;

  KafkaOutput(KafkaConfig config, OutputContext context) throws IOException {
    this.config = config;
    this.metrics = context.metrics();
    this.topic = context.kafka().open(config.target());
    this.key = context.instance().getBytes(StandardCharsets.UTF_8);
    this.events = new BoundedQueue<>(config.bufferSize());
    metrics.queues(config.name());
    writer =
        Thread.ofVirtual()
            .name("event-kafka")
            .start(SupervisedLoop.of("event_recorder", this::run));
  }

  @Override
  public int send(RecordedEvent event) {
    byte[] value = config.protobuf() ? event.protobuf() : event.json();
    if (!events.offer(value)) {
      metrics.droppedBy(config.name(), 1);
      PEER_LOG.log(Level.WARNING, "{0}: an event was dropped, too many wait", config.name());
    }
    return value.length;
  }

  private void run() {
    try {
      for (byte[] v = events.take(); v != null; v = events.take()) {
        topic.write(
            key,
            v,
            failure -> {
              if (failure != null) {
                metrics.notProduced(config.name(), failure.kind());
                LOG.log(
                    Level.WARNING,
                    "{0}: an event was not written: {1}",
                    config.name(),
                    failure.text());
              }
            });
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // there is no time left
    }
  }

  @Override
  public void close() {
    events.close();
    long end = System.nanoTime() + LAST_EFFORTS.toNanos();
    try {
      if (!writer.join(LAST_EFFORTS)) {
        metrics.droppedBy(config.name(), events.size());
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    topic.close(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
  }
}
