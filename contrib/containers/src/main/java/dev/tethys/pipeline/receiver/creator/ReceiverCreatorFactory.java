package dev.tethys.pipeline.receiver.creator;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.DynamicReceivers;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code receiver_creator} receivers. */
public final class ReceiverCreatorFactory implements ReceiverFactory<CreatorSettings> {
  static final String TYPE = "receiver_creator";
  private static final Duration AGAIN = Duration.ofSeconds(5);

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public String about() {
    return "Makes receivers for the endpoints that observers find, as rules or pods say.";
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Type<CreatorSettings> settings() {
    return CreatorSettings.TYPE;
  }

  @Override
  public Receiver create(CreatorSettings s, Map<Signal, Consumer> outputs, Context context) {
    List<EndpointObserver> observers = new ArrayList<>();
    for (Reference r : s.observers()) {
      observers.add(context.extension(r, EndpointObserver.class));
    }
    DynamicReceivers receivers = context.receivers();
    Template.Scope scope =
        new Template.Scope(context.id(), receivers, outputs.keySet(), s.attributes());
    List<CreatorReceiver.Ruled> templates = new ArrayList<>();
    List<String> words = new ArrayList<>();
    for (CreatorSettings.Entry e : s.receivers()) {
      templates.add(
          new CreatorReceiver.Ruled(
              e.rule(),
              new Template(
                  scope,
                  e.id(),
                  e.key(),
                  e.config(),
                  e.attributes(),
                  e.rule().kinds(),
                  e.rule().fields(),
                  EnumSet.allOf(Signal.class))));
      if (e.config() != null) {
        words(e.config(), words);
      }
    }
    receivers.mayAsk(words);
    if (s.discovery().enabled()) {
      receivers.mayAskAny(); // annotations of pods select the receivers
    }
    return new CreatorReceiver(
        context.name(),
        observers,
        templates,
        s.discovery().enabled() ? new CollectionHints(s.discovery(), scope) : null,
        w -> {
          Map<Signal, Consumer> to = new EnumMap<>(Signal.class);
          outputs.forEach(
              (signal, c) -> {
                if (w.signals().contains(signal)) {
                  to.put(signal, ResourceAdding.before(c, w.attributes()));
                }
              });
          return receivers.make(w.factory(), w.id(), w.called(), w.settings(), to);
        },
        AGAIN);
  }

  /** Scalars of a configuration, which may name extensions. */
  private static void words(YamlNode config, List<String> to) {
    config.rewritten(
        n -> {
          to.add(n.asString());
          return null;
        },
        Map.of());
  }
}
