package dev.tethys.pipeline.processor.transform;

import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.ClientInfo;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlFunctions;
import dev.tethys.pipeline.ottl.Statements;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.ItemWalk;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.OttlMetrics;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Creates {@code transform} processors. */
public final class TransformFactory implements ProcessorFactory<TransformConfig> {
  private final Ottl ottl;

  public TransformFactory(InstantSource clock) {
    ottl =
        new Ottl(
            OttlFunctions.standard(clock)
                .with(MetricEditors.all())
                .with(LogFormats.all())
                .with(SpanFunctions.all()));
  }

  @Override
  public String type() {
    return "transform";
  }

  @Override
  public String about() {
    return "Changes telemetry with OTTL statements.";
  }

  @Override
  public Type<TransformConfig> settings() {
    return TransformConfig.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Processor create(TransformConfig settings, Signal signal, Consumer next, Context context) {
    List<Statements> groups = new ArrayList<>();
    boolean lastIsPlain = false;
    for (TransformConfig.Group g :
        Objects.requireNonNullElse(
            settings.groups().get(signal), List.<TransformConfig.Group>of())) {
      Statements s =
          OttlConfig.load(
              g.at(),
              () ->
                  ottl.statements(
                      OttlConfig.contexts(signal),
                      g.context(),
                      g.conditions(),
                      g.statements(),
                      g.errorMode()));
      boolean plain = g.at().isScalar();
      // Consecutive plain statements for the same items share their cache.
      if (plain && lastIsPlain && groups.getLast().context() == s.context()) {
        groups.add(groups.removeLast().and(s));
      } else {
        groups.add(s);
      }
      lastIsPlain = plain;
    }
    context.metrics().register(OttlMetrics.statements(context.id().toString(), signal, groups));
    return new Transform(groups, next, context.account(signal));
  }

  /** Runs groups in order, each over all of its items. */
  private static final class Transform extends TreeProcessor {
    private final List<Statements> groups;

    Transform(List<Statements> groups, Consumer next, ItemAccounting account) {
      super(next, account);
      this.groups = List.copyOf(groups);
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      ClientInfo client = Clients.of(batch.metadata());
      for (Statements s : groups) {
        ItemWalk.each(data, s.context(), client, s::run);
      }
      return !groups.isEmpty();
    }
  }
}
