package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlFunctions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;

/** Creates {@code tail_sampling} processors. */
public final class TailSampling implements ProcessorFactory<TailSettings> {
  private final Ottl ottl;

  public TailSampling(InstantSource clock) {
    ottl = new Ottl(OttlFunctions.standard(clock));
  }

  @Override
  public String type() {
    return "tail_sampling";
  }

  @Override
  public String about() {
    return "Holds traces, and keeps or drops each as a whole, as policies say.";
  }

  @Override
  public Duration holds(TailSettings s) {
    return s.decisionWait();
  }

  @Override
  public Type<TailSettings> settings() {
    return TailSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  @Override
  public Processor create(TailSettings settings, Signal signal, Consumer next, Context context) {
    return new TailSampler(settings, ottl, next, context);
  }
}
