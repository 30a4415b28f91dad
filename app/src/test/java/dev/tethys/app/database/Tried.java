package dev.tethys.app.database;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One exporter out of the list of all, whose requests are sent in the caller's thread, again and
 * again until they are delivered or refused, with exact accounts.
 */
final class Tried implements Context, AutoCloseable {
  private static final int MAX_ATTEMPTS = 200;

  private final String type;
  private Registry registry = new Registry();
  private final List<Exporter> exporters = new ArrayList<>();
  private final String settings;

  long delivered;
  long dropped;
  long dead;
  int again;
  final List<String> reasons = new ArrayList<>();

  Tried(String type, String settings) {
    this.type = type;
    this.settings = settings;
  }

  private ExporterFactory<?> factory() {
    return (ExporterFactory<?>)
        BuiltIn.components().find(ComponentKind.EXPORTER, type).orElseThrow();
  }

  /** An exporter of a signal, with its own registry as every node of a graph has one. */
  Exporter exporter(Signal signal) {
    registry = new Registry();
    Exporter e = make(factory(), signal);
    exporters.add(e);
    return e;
  }

  private <S> S settings(ExporterFactory<S> f) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, settings);
    S s = f.settings().read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private <S> Exporter make(ExporterFactory<S> f, Signal signal) {
    return f.create(settings(f), signal, this);
  }

  ExporterProbe probe(Signal signal) {
    return probe(factory(), signal);
  }

  @SuppressWarnings("unchecked") // a factory is checkable for its own settings
  private <S> ExporterProbe probe(ExporterFactory<S> f, Signal signal) {
    registry = new Registry();
    return ((Checkable<S>) f).probe(settings(f), signal, this);
  }

  /** Passes a batch and waits until all of it is settled. */
  void send(Exporter e, Batch batch) {
    List<Outcome> outcomes = new ArrayList<>();
    e.consume(batch, outcomes::add);
    if (!outcomes.equals(List.of(Outcome.ACCEPTED))) {
      throw new AssertionError(outcomes + " " + reasons);
    }
  }

  private void deal(Encoder encoder, Sender sender, Batch batch) throws InterruptedException {
    Encoder.Encoded encoded = encoder.encode(batch);
    dropped += encoded.dropped();
    ArrayDeque<EncodedRequest> left = new ArrayDeque<>(encoded.requests());
    int attempts = 0;
    while (!left.isEmpty()) {
      if (++attempts > MAX_ATTEMPTS) {
        throw new AssertionError("it never takes it: " + reasons);
      }
      EncodedRequest p = left.removeFirst();
      SendResult v;
      try {
        v = sender.send(p);
      } catch (IOException e) {
        v = new SendResult.Retryable(Duration.ZERO, false, e.toString());
      }
      switch (v) {
        case SendResult.Delivered _ -> {
          delivered += p.items();
          attempts = 0;
        }
        case SendResult.Reassigned _ -> throw new AssertionError("nothing here moves requests");
        case SendResult.Partial x -> {
          delivered += p.items() - x.refused();
          dead += x.refused();
        }
        case SendResult.Retryable x -> {
          again++;
          reasons.add(x.reason());
          left.addFirst(p);
        }
        case SendResult.Permanent x -> {
          dead += p.items();
          reasons.add(x.reason());
        }
        case SendResult.Split x -> {
          for (int i = x.requests().size() - 1; i >= 0; i--) {
            left.addFirst(x.requests().get(i));
          }
        }
        case SendResult.PerItem x -> {
          delivered += x.delivered();
          x.refused().forEach(r -> reasons.add(r.reason()));
          dead += x.refused().stream().mapToLong(r -> r.request().items()).sum();
          if (x.again() != null) {
            left.addFirst(x.again());
          }
        }
      }
    }
  }

  @Override
  public ComponentId id() {
    return new ComponentId(type, "");
  }

  @Override
  public String name() {
    return "exporter " + type;
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return new ItemAccounting("exporter", type, signal);
  }

  @Override
  public Scheduler clock() {
    return Scheduler.system();
  }

  @Override
  public System.Logger logger() {
    return System.getLogger(type);
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Exporter exporter(DeliverySettings s, Signal signal, Encoder encoder, Sender sender) {
    return new Exporter() {
      @Override
      public void consume(Batch batch, AckCallback ack) {
        try {
          deal(encoder, sender, batch);
          ack.complete(Outcome.ACCEPTED);
        } catch (InterruptedException e) {
          ack.complete(new Outcome.Unavailable(e.toString(), Duration.ZERO));
        }
      }

      @Override
      public void stop(Duration timeLimit) {
        sender.close();
      }
    };
  }

  @Override
  public void close() {
    exporters.forEach(e -> e.stop(Duration.ZERO));
  }
}
