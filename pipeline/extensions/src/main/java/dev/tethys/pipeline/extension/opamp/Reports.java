package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Available;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Agent state and the part of it that the server has received: only changes are sent, and the full
 * state after connecting or on request. Holds only current state, so that memory is bounded while
 * the server is unreachable. Thread-safe.
 */
final class Reports {
  /** Message with the state that the server has after receiving it. */
  record Draft(AgentToServer message, boolean all, boolean components) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long capabilities;
  private final Available available;
  private final LongSupplier nanos;
  private final System.Logger logger;
  private final @Nullable Consumer<RemoteConfig> taker;
  private volatile @Nullable Consumer<CustomMessage> customTaker;
  private volatile @Nullable Consumer<PackagesOffer> packagesTaker;
  private volatile @Nullable Consumer<UUID> uidTaker;

  // All guarded by the lock.
  private UUID uid;
  private SequencedMap<String, String> identifying = new LinkedHashMap<>();
  private SequencedMap<String, String> others = new LinkedHashMap<>();
  private @Nullable ComponentHealth health;
  private @Nullable String config;
  private @Nullable RemoteStatus remote;
  private @Nullable PackageStatuses packages;
  private List<String> customCapabilities = List.of();
  private final Map<String, CustomMessage> customs = new HashMap<>(); // the last of each type
  private final SequencedSet<String> unsentCustoms = new LinkedHashSet<>(); // types
  private @Nullable CustomMessage lastCustom;
  private final Set<String> onceCustoms = new HashSet<>(); // types that are not state
  private Set<String> countCustoms = Set.of(); // types recreated for a full report
  private long wholes;
  private Duration heartbeat;
  private long sequence;
  private long received;
  private boolean stopping;
  private boolean broken;

  // State that the server knows, and that it requested.
  private @Nullable Description knownDescription;
  private @Nullable ComponentHealth knownHealth;
  private @Nullable String knownConfig;
  private @Nullable RemoteStatus knownRemote;
  private @Nullable PackageStatuses knownPackages;
  private boolean all = true;
  private boolean components;

  /**
   * @param capabilities bits of {@link Capability}
   * @param available all components that exist
   * @param taker consumer of offered configurations, which must not block; null for an agent that
   *     only reports
   */
  Reports(
      UUID uid,
      long capabilities,
      Available available,
      Duration heartbeat,
      LongSupplier nanos,
      System.Logger logger,
      @Nullable Consumer<RemoteConfig> taker) {
    this.taker = taker;
    this.uid = uid;
    this.capabilities = capabilities;
    this.available = available;
    this.nanos = nanos;
    this.logger = logger;
    this.heartbeat = heartbeat;
  }

  private interface Change {
    void make();
  }

  private void change(Change c) {
    lock.lock();
    try {
      c.make();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private <T> T locked(java.util.function.Supplier<T> what) {
    lock.lock();
    try {
      return what.get();
    } finally {
      lock.unlock();
    }
  }

  void identify(UUID by) {
    change(() -> uid = by);
  }

  UUID uid() {
    return locked(() -> uid);
  }

  /**
   * Sets the identity.
   *
   * @param identity identifying attributes without the instance, which is identified by the UID
   */
  void describe(SequencedMap<String, String> identity, SequencedMap<String, String> beside) {
    change(
        () -> {
          identifying = identity;
          others = beside;
        });
  }

  /** Declares custom capabilities, which are sent with the description. */
  void declare(List<String> custom) {
    change(() -> customCapabilities = custom);
  }

  void reportHealth(ComponentHealth now) {
    change(() -> health = now);
  }

  void run(String effective) {
    change(() -> config = effective);
  }

  /** Reports the state of the offered configuration. */
  void remote(RemoteStatus now) {
    change(() -> remote = now);
  }

  /** Reports the states of packages. */
  void packages(PackageStatuses now) {
    change(() -> packages = now);
  }

  /** Receives offers of packages, without blocking. */
  void takePackages(Consumer<PackagesOffer> packageTaker) {
    packagesTaker = packageTaker;
  }

  /**
   * Sends a custom message and replaces an unsent one of its type. The last one of each type is
   * state: it is sent again on every new connection.
   */
  void sendCustom(CustomMessage message) {
    change(
        () -> {
          customs.put(message.type(), message);
          unsentCustoms.add(message.type());
        });
  }

  /** Sends a custom message once; its type is used for no other. */
  void sendOnce(CustomMessage message) {
    change(
        () -> {
          customs.put(message.type(), message);
          unsentCustoms.add(message.type());
          onceCustoms.add(message.type());
        });
  }

  /** Receives instance uids that the server assigns to this agent, without blocking. */
  void takeUids(Consumer<UUID> taker) {
    uidTaker = taker;
  }

  /** Receives custom messages of the server, without blocking. */
  void takeCustom(Consumer<CustomMessage> taker) {
    customTaker = taker;
  }

  private @Nullable CustomMessage nextCustom() {
    return unsentCustoms.isEmpty() ? null : customs.get(unsentCustoms.getFirst());
  }

  /** Marks the whole state as unsent. */
  private void sendAll() {
    all = true;
    wholes++;
    unsentCustoms.addAll(customs.keySet());
    unsentCustoms.removeAll(countCustoms);
  }

  /**
   * Sets the types of custom messages with counts. Counts are valid only at the time of sending, so
   * previous ones are not sent again: the caller sends new ones whenever {@link #wholes} has
   * changed.
   */
  void sendCountsAnew(Set<String> customTypes) {
    change(() -> countCustoms = customTypes);
  }

  /** Returns the number of requested full reports. */
  long wholes() {
    return locked(() -> wholes);
  }

  /** Whether a message of a type waits to be sent. */
  boolean isUnsent(String customType) {
    return locked(() -> unsentCustoms.contains(customType));
  }

  /** Reports only the shutdown from now on, with a last custom message. */
  void stop(@Nullable CustomMessage farewell) {
    change(
        () -> {
          stopping = true;
          lastCustom = farewell;
        });
  }

  /** Reports only the shutdown from now on. */
  void stop() {
    stop(null);
  }

  boolean isStopping() {
    return locked(() -> stopping);
  }

  /** Returns the number of messages received from the server. */
  long messagesReceived() {
    return locked(() -> received);
  }

  /** Returns the requested heartbeat interval; zero for never. */
  Duration heartbeat() {
    return locked(() -> heartbeat);
  }

  /** Starts a connection, on which everything is reported. */
  void begin() {
    change(
        () -> {
          sendAll();
          broken = false;
        });
  }

  /** Marks the connection as broken: nothing more can be reported on it. */
  void breakOff() {
    change(() -> broken = true);
  }

  private Description description() {
    SequencedMap<String, String> by = new LinkedHashMap<>(identifying);
    by.put("service.instance.id", uid.toString());
    return new Description(by, others);
  }

  private boolean can(long capability) {
    return (capabilities & capability) != 0;
  }

  private @Nullable ComponentHealth shownHealth() {
    return can(Capability.REPORTS_HEALTH) ? health : null;
  }

  private @Nullable String shownConfig() {
    return can(Capability.REPORTS_EFFECTIVE_CONFIG) ? config : null;
  }

  private boolean hasChanges() {
    return all
        || components
        || !description().equals(knownDescription)
        || !Objects.equals(shownHealth(), knownHealth)
        || !Objects.equals(shownConfig(), knownConfig)
        || remote != knownRemote
        || packages != knownPackages
        || !unsentCustoms.isEmpty();
  }

  /**
   * Returns the next message, or null if there is nothing to report.
   *
   * @param sign whether to create one anyway
   */
  @Nullable Draft next(boolean sign) {
    return locked(
        () -> {
          if (!sign && !hasChanges()) {
            return null;
          }
          boolean whole = all;
          Description d = description();
          ComponentHealth h = shownHealth();
          String c = shownConfig();
          Available a = null;
          boolean withComponents = components;
          if (can(Capability.REPORTS_AVAILABLE_COMPONENTS)) {
            a = withComponents ? available : whole ? new Available(available.hash(), null) : null;
          }
          return new Draft(
              new AgentToServer(
                  InstanceUid.bytes(uid),
                  sequence,
                  capabilities,
                  whole || !d.equals(knownDescription) ? d : null,
                  whole || !Objects.equals(h, knownHealth) ? h : null,
                  whole || !Objects.equals(c, knownConfig) ? c : null,
                  a,
                  false,
                  whole || remote != knownRemote ? remote : null,
                  false,
                  nextCustom(),
                  whole || packages != knownPackages ? packages : null,
                  whole || !d.equals(knownDescription) ? customCapabilities : List.of()),
              whole,
              withComponents);
        });
  }

  /** Returns the last message. */
  AgentToServer last() {
    return locked(
        () ->
            new AgentToServer(
                InstanceUid.bytes(uid),
                sequence,
                capabilities,
                null,
                null,
                null,
                null,
                true,
                null,
                false,
                lastCustom));
  }

  /** Records that a message was sent to the server. */
  void messageSent(Draft d) {
    change(
        () -> {
          sequence++;
          AgentToServer m = d.message();
          knownDescription = m.description() == null ? knownDescription : m.description();
          knownHealth = m.health() == null ? knownHealth : m.health();
          knownConfig = m.config() == null ? knownConfig : m.config();
          knownRemote = m.remote() == null ? knownRemote : m.remote();
          knownPackages = m.packages() == null ? knownPackages : m.packages();
          CustomMessage sent = m.custom();
          if (sent != null && customs.get(sent.type()) == sent) {
            unsentCustoms.remove(sent.type());
            if (onceCustoms.remove(sent.type())) {
              customs.remove(sent.type());
            }
          }
          if (d.all()) {
            all = false;
          }
          if (d.components()) {
            components = false;
          }
        });
  }

  /**
   * Processes a message of the server.
   *
   * @throws OpampLink.Busy if it requests a pause
   */
  void receive(ServerToAgent m) throws OpampLink.Busy {
    RemoteConfig offered = m.config();
    String refused = m.unsupported();
    if (offered != null && taker == null) {
      refused = refused.isEmpty() ? "remote_config" : "remote_config, " + refused;
    }
    PackagesOffer packagesOffer = m.packages();
    Consumer<PackagesOffer> takesPackages = packagesTaker;
    if (packagesOffer != null && takesPackages == null) {
      refused = refused.isEmpty() ? "packages_available" : refused + ", packages_available";
    }
    CustomMessage custom = m.custom();
    Consumer<CustomMessage> takesCustom = customTaker;
    if (custom != null && takesCustom == null) {
      refused = refused.isEmpty() ? "custom_message" : refused + ", custom_message";
    }
    if (!refused.isEmpty()) {
      logger.log(
          taker == null ? Level.DEBUG : Level.WARNING,
          "Offer of the OpAMP server refused, this agent does not accept it offer=\"{0}\"",
          refused);
    }
    change(
        () -> {
          received++;
          if (m.newUid() != null) {
            UUID other = InstanceUid.of(m.newUid());
            if (!other.equals(uid)) {
              logger.log(
                  Level.INFO, "the OpAMP server names this agent {0}, no longer {1}", other, uid);
              uid = other;
              sendAll(); // the server has no state of this agent
            }
          }
          if (m.reportAll()) {
            sendAll();
          }
          if (m.reportComponents() && can(Capability.REPORTS_AVAILABLE_COMPONENTS)) {
            components = true;
          }
          if (m.heartbeat() != null && can(Capability.REPORTS_HEARTBEAT)) {
            heartbeat = m.heartbeat();
          }
        });
    Consumer<UUID> takesUid = uidTaker;
    if (m.newUid() != null && takesUid != null) {
      takesUid.accept(InstanceUid.of(m.newUid()));
    }
    if (custom != null && takesCustom != null) {
      takesCustom.accept(custom);
    }
    if (offered != null && taker != null) {
      taker.accept(offered);
    }
    if (packagesOffer != null && takesPackages != null) {
      takesPackages.accept(packagesOffer);
    }
    ServerToAgent.Failure f = m.error();
    if (f != null) {
      if (f.unavailable()) {
        throw new OpampLink.Busy("it is unavailable: " + f.message(), f.retryAfter());
      }
      logger.log(Level.WARNING, "the OpAMP server did not accept a message: {0}", f.message());
    }
  }

  /**
   * Waits until there is something to tell, the connection breaks, it ends, or the time limit
   * expires.
   */
  void await(Duration most) throws InterruptedException {
    lock.lock();
    try {
      long end = nanos.getAsLong() + most.toNanos();
      while (!stopping && !broken && !hasChanges()) {
        long remaining = end - nanos.getAsLong();
        if (remaining <= 0) {
          return;
        }
        changed.awaitNanos(remaining);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the connection breaks, it ends, or the time limit expires. */
  void pause(Duration most) throws InterruptedException {
    lock.lock();
    try {
      long remaining = most.toNanos();
      while (!stopping && !broken && remaining > 0) {
        remaining = changed.awaitNanos(remaining);
      }
    } finally {
      lock.unlock();
    }
  }
}
