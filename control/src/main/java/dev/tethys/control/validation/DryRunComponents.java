package dev.tethys.control.validation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Type;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Components of a dry run. Receivers listen nowhere, exporters send nothing, extensions do nothing.
 * Processors and connectors are the real ones, except those that query the machine or cluster that
 * they run on: these pass everything on.
 */
final class DryRunComponents {
  /**
   * Processors that read their environment, which differs from the agents' environment: the
   * machine, its files, a cluster, or URLs.
   */
  static final Set<String> PASSED = Set.of("k8s_attributes", "resource_detection", "schema");

  @GuardedBy("this")
  private final List<Input> inputs = new ArrayList<>();

  private final DryRunRecords records;

  /** Entry point of samples. */
  record Input(String receiver, Signal signal, Consumer to) {}

  DryRunComponents(DryRunRecords records) {
    this.records = records;
  }

  /** Creates components with the names and settings of the real ones. */
  Components of(Components real) {
    List<ComponentFactory<?>> all = new ArrayList<>();
    for (ComponentFactory<?> f : real.all()) {
      all.add(
          switch (f) {
            case ReceiverFactory<?> r -> new Source<>(r, this);
            case ExporterFactory<?> e -> new Destination<>(e, records);
            case ExtensionFactory<?> e -> new Absent<>(e);
            case ProcessorFactory<?> p -> PASSED.contains(p.type()) ? new Passing<>(p) : p;
            case ConnectorFactory<?> c -> c;
          });
    }
    return new Components(all);
  }

  private synchronized void add(Input i) {
    inputs.add(i);
  }

  synchronized List<Input> inputs() {
    return List.copyOf(inputs);
  }

  private record Source<S>(ReceiverFactory<S> real, DryRunComponents owner)
      implements ReceiverFactory<S> {
    @Override
    public String type() {
      return real.type();
    }

    @Override
    public List<String> aliases() {
      return real.aliases();
    }

    @Override
    public String about() {
      return real.about();
    }

    @Override
    public Type<S> settings() {
      return real.settings();
    }

    @Override
    public Set<Signal> signals() {
      return real.signals();
    }

    @Override
    public Receiver create(S settings, Map<Signal, Consumer> outputs, Context context) {
      outputs.forEach((signal, to) -> owner.add(new Input(context.id().toString(), signal, to)));
      return new Receiver() {};
    }
  }

  private record Destination<S>(ExporterFactory<S> real, DryRunRecords records)
      implements ExporterFactory<S> {
    @Override
    public String type() {
      return real.type();
    }

    @Override
    public List<String> aliases() {
      return real.aliases();
    }

    @Override
    public String about() {
      return real.about();
    }

    @Override
    public Type<S> settings() {
      return real.settings();
    }

    @Override
    public Set<Signal> signals() {
      return real.signals();
    }

    @Override
    public Exporter create(S settings, Signal signal, Context context) {
      String name = context.id().toString();
      records.of(name, signal); // it is in the result also when it gets nothing
      return new Sink(name, context.account(signal), records);
    }
  }

  private record Sink(String name, ItemAccounting account, DryRunRecords records)
      implements Exporter {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.through(batch.items());
      records.add(name, batch);
      ack.complete(Outcome.ACCEPTED);
    }
  }

  private record Absent<S>(ExtensionFactory<S> real) implements ExtensionFactory<S> {
    @Override
    public String type() {
      return real.type();
    }

    @Override
    public List<String> aliases() {
      return real.aliases();
    }

    @Override
    public String about() {
      return real.about();
    }

    @Override
    public Type<S> settings() {
      return real.settings();
    }

    @Override
    public Extension create(S settings, Context context) {
      return new Extension() {};
    }
  }

  private record Passing<S>(ProcessorFactory<S> real) implements ProcessorFactory<S> {
    @Override
    public String type() {
      return real.type();
    }

    @Override
    public List<String> aliases() {
      return real.aliases();
    }

    @Override
    public String about() {
      return real.about();
    }

    @Override
    public Type<S> settings() {
      return real.settings();
    }

    @Override
    public Set<Signal> signals() {
      return real.signals();
    }

    @Override
    public Processor create(S settings, Signal signal, Consumer next, Context context) {
      ItemAccounting account = context.account(signal);
      return (batch, ack) -> {
        account.through(batch.items());
        next.consume(batch, ack);
      };
    }
  }
}
