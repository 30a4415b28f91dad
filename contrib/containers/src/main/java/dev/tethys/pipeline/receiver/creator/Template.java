package dev.tethys.pipeline.receiver.creator;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Section;
import dev.tethys.config.UnknownKeyException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.DynamicReceivers;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.operators.expr.Shape;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Template of receivers for matching endpoints. Everything in it was compiled at its creation. */
final class Template {
  private static final String ENDPOINT = "endpoint";

  /** Maximum length of a name, because some become folder names. */
  private static final int LONGEST_NAME = 120;

  private final ComponentId creator;
  private final ComponentId id;
  private final ReceiverFactory<?> factory;
  private final YamlNode config;
  private final Set<Signal> signals;
  private final boolean takesEndpoint;

  /** Strings with backticks, by their source. */
  private final Map<String, DynamicText> texts = new HashMap<>();

  private final Map<EndpointKind, Map<String, DynamicText>> attributes =
      new EnumMap<>(EndpointKind.class);

  /**
   * Template context.
   *
   * @param creator creates receivers from them
   * @param signals signals with a pipeline
   * @param attributes resource attributes by endpoint kind
   */
  record Scope(
      ComponentId creator,
      DynamicReceivers receivers,
      Set<Signal> signals,
      Map<EndpointKind, Map<String, YamlNode>> attributes) {}

  /**
   * Compiles a template.
   *
   * @param id type and name of the receiver
   * @param key position of its name
   * @param config null if empty
   * @param own resource attributes
   * @param kinds endpoint kinds to which the template applies
   * @param fields fields available on these kinds
   * @param signals signals that the receiver must emit
   * @throws ConfigException at the position of the error
   */
  Template(
      Scope scope,
      ComponentId id,
      YamlNode key,
      @Nullable YamlNode config,
      Map<String, YamlNode> own,
      Set<EndpointKind> kinds,
      Shape.Fields fields,
      Set<Signal> signals) {
    this.creator = scope.creator;
    this.id = scope.receivers.canonical(id);
    this.factory =
        scope
            .receivers
            .factory(id.type())
            .orElseThrow(() -> key.error(scope.receivers.unknown(id.type())));
    if (this.id.type().equals(ReceiverCreatorFactory.TYPE)) {
      throw key.error("a receiver_creator makes no receiver_creator");
    }
    this.config =
        config == null || config.isNull()
            ? YamlDocument.parse(key.where(), key.directory(), "").root()
            : config;
    Set<Signal> mine = EnumSet.noneOf(Signal.class);
    mine.addAll(factory.signals());
    mine.retainAll(scope.signals);
    mine.retainAll(signals);
    this.signals = Collections.unmodifiableSet(mine);
    this.config.rewritten(
        n -> {
          compile(n, fields);
          return null;
        },
        Map.of());
    for (EndpointKind k : kinds) {
      attributes.put(k, compiled(k, scope.attributes.getOrDefault(k, Map.of()), own, fields));
    }
    this.takesEndpoint = takesEndpoint(factory);
    check(scope.receivers, kinds.iterator().next());
  }

  private void compile(YamlNode scalar, Shape.Fields fields) {
    String text = scalar.asString();
    if (text.indexOf('`') >= 0) {
      texts.put(text, compiled(scalar, text, fields));
    }
  }

  private static DynamicText compiled(YamlNode at, String text, Shape.Fields fields) {
    try {
      return DynamicText.of(text, fields);
    } catch (ExpressionException e) {
      throw at.error(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Attributes of the same kind: the defaults, overridden by attributes of all receivers, then by
   * its own.
   */
  private static Map<String, DynamicText> compiled(
      EndpointKind kind,
      Map<String, YamlNode> ofAll,
      Map<String, YamlNode> own,
      Shape.Fields fields) {
    Map<String, DynamicText> out = new LinkedHashMap<>();
    kind.attributes().forEach((k, v) -> out.put(k, DynamicText.of(v, kind.fields())));
    ofAll.forEach((k, n) -> out.put(k, compiled(n, n.asString(), kind.fields())));
    own.forEach((k, n) -> out.put(k, compiled(n, n.asString(), fields)));
    return out;
  }

  /** Whether a receiver has an address that has this name. */
  private static boolean takesEndpoint(ReceiverFactory<?> f) {
    Section s = f.settings().section();
    return s != null && s.keys().stream().anyMatch(k -> k.built() && k.name().equals(ENDPOINT));
  }

  /**
   * Checks the template in advance. With expressions only the keys can be checked; otherwise the
   * entire configuration is.
   */
  private void check(DynamicReceivers receivers, EndpointKind kind) {
    boolean fixed = texts.values().stream().allMatch(DynamicText::isFixed);
    String example =
        switch (kind) {
          case INGRESS -> "http://localhost/";
          case POD, POD_CONTAINER, SERVICE, NODE -> "localhost";
          case PORT, HOST_PORT, CONTAINER -> "localhost:1";
        };
    YamlDocument d = document(n -> texts.containsKey(n.asString()) ? tried(n) : null, example);
    try {
      Object settings = factory.settings().read(d.root());
      d.refuseNotBuilt();
      if (fixed && !signals.isEmpty()) {
        Map<Signal, Consumer> nowhere = new EnumMap<>(Signal.class);
        signals.forEach(
            s ->
                nowhere.put(
                    s,
                    (b, r) -> r.complete(new Outcome.Unavailable("nothing runs", Duration.ZERO))));
        receivers.make(factory, id, "receiver " + id, settings, nowhere);
      }
    } catch (UnknownKeyException e) {
      throw e;
    } catch (ConfigException e) {
      if (fixed) {
        throw e;
      }
    }
  }

  private Object tried(YamlNode n) {
    DynamicText t = texts.get(n.asString());
    return t != null && t.isFixed()
        ? String.valueOf(t.value(new dev.tethys.model.telemetry.Attributes()))
        : Optional.empty();
  }

  private YamlDocument document(
      java.util.function.Function<YamlNode, @Nullable Object> scalars, String target) {
    Map<String, YamlNode> otherwise = new HashMap<>();
    if (takesEndpoint && !target.isEmpty()) {
      String quoted = "\"" + target.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
      otherwise.put(ENDPOINT, YamlDocument.parse(config.where(), null, quoted).root());
    }
    return config.rewritten(scalars, otherwise);
  }

  /** Whether no pipeline takes its output. */
  boolean isIdle() {
    return signals.isEmpty();
  }

  ComponentId id() {
    return id;
  }

  /**
   * Plans the receiver to run for an endpoint.
   *
   * @throws ConfigException with the reason if none can be created
   */
  PlannedReceiver plan(Endpoint e) {
    Map<String, String> added = new LinkedHashMap<>();
    attributes
        .getOrDefault(e.kind(), Map.of())
        .forEach(
            (k, t) -> {
              Object v;
              try {
                v = t.value(e.values());
              } catch (ExpressionException x) {
                throw new ConfigException(
                    config.where(), "resource attribute " + k + ": " + x.getMessage());
              }
              String text = v == null ? "" : v.toString();
              if (!text.isEmpty()) {
                added.put(k, text);
              }
            });
    YamlDocument d = document(n -> value(n, e), e.target());
    Object settings = factory.settings().read(d.root());
    d.refuseNotBuilt();
    return new PlannedReceiver(
        factory,
        new ComponentId(id.type(), name(e)),
        "receiver " + id + " of " + creator + " for " + e,
        settings,
        d.root().asTree(),
        added,
        signals);
  }

  private @Nullable Object value(YamlNode scalar, Endpoint e) {
    DynamicText t = texts.get(scalar.asString());
    if (t == null) {
      return null;
    }
    try {
      Object v = t.value(e.values());
      return v == null ? Optional.empty() : v;
    } catch (ExpressionException x) {
      throw scalar.error(String.valueOf(x.getMessage()));
    }
  }

  private String name(Endpoint e) {
    String whole =
        (id.name().isEmpty() ? "" : id.name() + "/")
            + creator
            + "{endpoint=\""
            + e.target()
            + "\"}/"
            + e.id();
    if (whole.length() <= LONGEST_NAME) {
      return whole;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(whole.getBytes(StandardCharsets.UTF_8));
      return whole.substring(0, LONGEST_NAME - 17) + "~" + HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException x) {
      throw new IllegalStateException(x); // every JDK has it
    }
  }
}
