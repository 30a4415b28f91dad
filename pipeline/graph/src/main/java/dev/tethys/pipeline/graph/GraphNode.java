package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.FullQueueBehavior;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.Definition;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Component instance at its position in the graph. */
final class GraphNode {
  final NodeKey key;

  /**
   * Definition from which it was created or last adjusted; written by the thread that applies a
   * configuration.
   */
  volatile Definition definition;

  final NodeContext context;

  /** Fan-outs by output name. */
  final Map<String, FanOutConsumer> outputs = new HashMap<>();

  final Component component;
  boolean started;

  /** Reason why the node is not running although it is configured; null while it runs. */
  volatile @Nullable String failure;

  private GraphNode(
      NodeKey key, Definition definition, Set<String> outputNames, NodeContext context) {
    this.key = key;
    this.definition = definition;
    this.context = context;
    boolean receiver = key.kind() == ComponentKind.RECEIVER;
    for (String o : outputNames) {
      outputs.put(
          o,
          new FanOutConsumer(
              context.exit(),
              receiver ? context.account(Plan.signal(o)) : null,
              receiver ? context.services().volumes().in(key.component(), Plan.signal(o)) : null,
              receiver ? context.services().spans().receiving(key.id(), Plan.signal(o)) : null,
              entry()));
    }
    this.component = create(definition.factory(), definition.settings());
  }

  /**
   * Returns the filter of items that it sends into pipelines, or null for a processor, which is
   * inside one.
   */
  private FanOutConsumer.@Nullable Entry entry() {
    EntryFilter filter = context.services().entry();
    return switch (key.kind()) {
      case RECEIVER -> new FanOutConsumer.Entry(filter, true);
      case CONNECTOR -> {
        Signal[] signals = Plan.signals(key);
        yield new FanOutConsumer.Entry(filter, signals[0] != signals[1]);
      }
      default -> null;
    };
  }

  private static FullQueueBehavior timeLimit(ComponentFactory<?> factory) {
    return switch (factory) {
      case ReceiverFactory<?> f when f.canWait() -> FullQueueBehavior.WAIT;
      case ConnectorFactory<?> f when f.offersElsewhere() -> FullQueueBehavior.REFUSE;
      default -> FullQueueBehavior.INHERIT;
    };
  }

  /** Creates the component without starting it. */
  static GraphNode create(
      NodeKey key, Plan.Step step, GraphServices services, Map<ComponentId, Component> extensions) {
    return new GraphNode(
        key,
        step.definition(),
        step.outputs().keySet(),
        new NodeContext(key, services, extensions, timeLimit(step.definition().factory())));
  }

  /** Creates the component; the settings were read by the factory that uses them. */
  @SuppressWarnings("unchecked")
  private <S> Component create(ComponentFactory<S> factory, Object settings) {
    S s = (S) settings;
    return switch (factory) {
      case ReceiverFactory<S> f -> {
        Map<Signal, Consumer> to = new EnumMap<>(Signal.class);
        outputs.forEach((o, j) -> to.put(Plan.signal(o), j));
        yield f.create(s, to, context);
      }
      case ProcessorFactory<S> f ->
          f.create(s, Plan.pipeline(key.part()).signal(), output(""), context);
      case ExporterFactory<S> f -> f.create(s, Plan.signal(key.part()), context);
      case ConnectorFactory<S> f -> {
        Signal[] signals = Plan.signals(key);
        yield f.create(s, signals[0], signals[1], new Behind(), context);
      }
      case ExtensionFactory<S> f -> f.create(s, context);
    };
  }

  private FanOutConsumer output(String name) {
    FanOutConsumer j = outputs.get(name);
    if (j == null) {
      throw new IllegalArgumentException(key + " has no output " + name);
    }
    return j;
  }

  /** Returns the consumer of the component, or null if it consumes nothing. */
  @Nullable Consumer consumer() {
    return component instanceof Consumer c ? c : null;
  }

  /** Whether its successor can only start once it has stopped. */
  boolean isExclusive() {
    return key.kind() == ComponentKind.RECEIVER
        || key.kind() == ComponentKind.EXTENSION
        || component.isExclusive();
  }

  private final class Behind implements Outputs {
    @Override
    public Consumer all() {
      List<FanOutConsumer> every = List.copyOf(outputs.values());
      return every.size() == 1
          ? every.getFirst()
          : (batch, ack) -> {
            batch.share();
            dev.tethys.pipeline.AckCallback each =
                dev.tethys.pipeline.AckCallback.join(ack, every.size());
            every.forEach(j -> j.consume(batch, each));
          };
    }

    @Override
    public Set<PipelineId> pipelines() {
      Set<PipelineId> ids = new LinkedHashSet<>();
      outputs.keySet().forEach(o -> ids.add(PipelineId.parse(o)));
      return ids;
    }

    @Override
    public Consumer to(PipelineId pipeline) {
      return output(pipeline.toString());
    }
  }
}
