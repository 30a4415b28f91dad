package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.AgentToServer.Available;
import dev.tethys.config.Type;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * {@code opamp}: reports the identity, health and configuration of this process to an OpAMP server.
 */
public final class OpampFactory implements ExtensionFactory<OpampSettings> {
  private final HttpClientFactory clients;
  private final String version;
  private final Supplier<List<ComponentFactory<?>>> components;
  private final Runnable fatal;
  private final ReconnectBackoff pace;

  /** Active agents by id; after a reload the next one waits for its predecessor. */
  private final Map<ComponentId, OpampAgent> talking = new ConcurrentHashMap<>();

  /**
   * @param clients process-wide client factory; not closed here
   * @param version version of this program
   * @param components all available ones
   * @param fatal ends the process when the parent {@code ppid} has ended
   */
  public OpampFactory(
      HttpClientFactory clients,
      String version,
      Supplier<List<ComponentFactory<?>>> components,
      Runnable fatal) {
    this(clients, version, components, fatal, ReconnectBackoff.USUAL);
  }

  OpampFactory(
      HttpClientFactory clients,
      String version,
      Supplier<List<ComponentFactory<?>>> components,
      Runnable fatal,
      ReconnectBackoff pace) {
    this.clients = clients;
    this.version = version;
    this.components = components;
    this.fatal = fatal;
    this.pace = pace;
  }

  @Override
  public String type() {
    return "opamp";
  }

  @Override
  public String about() {
    return "Reports the identity, health and configuration of this process to an OpAMP server.";
  }

  @Override
  public Type<OpampSettings> settings() {
    return OpampSettings.TYPE;
  }

  @Override
  public Extension create(OpampSettings s, Context context) {
    OpampSettings.Server server = s.server();
    ClientAuth auth = ClientAuth.of(server.auth(), context);
    Duration polling = server.polling();
    OpampLink link =
        polling == null
            ? new SocketLink(server, auth, clients::connect, pace, context.clock())
            : new PollingLink(server, polling, auth, clients, pace, context.clock());
    return new OpampAgent(
        s, context, pace, link, available(), version, now -> talking.put(context.id(), now), fatal);
  }

  private Available available() {
    Map<String, Map<String, String>> kinds = new TreeMap<>();
    for (ComponentKind k : ComponentKind.values()) {
      kinds.put(k.section(), new TreeMap<>());
    }
    for (ComponentFactory<?> f : components.get()) {
      Map<String, String> types = kinds.get(ComponentKind.of(f).section());
      if (types != null) {
        types.put(f.type(), f.getClass().getPackageName() + " v" + version);
      }
    }
    try {
      return new Available(
          MessageDigest.getInstance("SHA-256")
              .digest(kinds.toString().getBytes(StandardCharsets.UTF_8)),
          kinds);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }
}
