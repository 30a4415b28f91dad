package dev.tethys.pipeline.extension;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.AckRegistry;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** {@code ack}: acknowledgements of requests in memory, for the {@code splunk_hec} receiver. */
public final class AckExtension implements ExtensionFactory<AckExtension.Settings> {
  /**
   * Limits on acknowledgements.
   *
   * @param partitions maximum number of channels; the least recently used is dropped
   * @param pending maximum number of acknowledgements of a channel; the oldest is dropped
   */
  public record Settings(int partitions, int pending) {}

  /** Total number of acknowledgements of all channels: about 200 MB. */
  static final int MAX_PENDING = 2_000_000;

  private static final Section SECTION =
      new Section("ack", "Keeps acknowledgements of requests until clients ask for them.");
  private static final Key<Long> PARTITIONS =
      SECTION.key(
          "max_number_of_partition",
          Type.INT,
          1_000_000L,
          "Maximum number of channels; the least recently used is forgotten.");
  private static final Key<Long> PENDING =
      SECTION.key(
          "max_number_of_pending_acks_per_partition",
          Type.INT,
          1_000_000L,
          "Maximum number of acknowledgements of a channel; the oldest is forgotten.");

  static {
    SECTION.notBuilt("storage", "Storage of acknowledgements; they are kept in memory.");
  }

  private static final Type<Settings> TYPE = SECTION.type(AckExtension::read);

  private static Settings read(YamlObject o) {
    return new Settings(positive(o, PARTITIONS), positive(o, PENDING));
  }

  private static int positive(YamlObject o, Key<Long> key) {
    long n = o.get(key);
    if (n < 1 || n > Integer.MAX_VALUE) {
      throw o.error(key, key.name() + " is " + n + "; it must be at least 1");
    }
    return (int) n;
  }

  @Override
  public String type() {
    return "ack";
  }

  @Override
  public String about() {
    return "Acknowledgements of requests, for receivers whose clients ask for them later.";
  }

  @Override
  public Type<Settings> settings() {
    return TYPE;
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Registry(settings, MAX_PENDING);
  }

  /** Acknowledgements in memory. */
  static final class Registry implements Extension, AckRegistry {
    private static final class Channel {
      long issued;
      final LinkedHashSet<Long> pending = new LinkedHashSet<>();
    }

    private final Settings settings;
    private final int maxPending;

    @GuardedBy("this")
    private final LinkedHashMap<UUID, Channel> channels = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("this")
    private int pending;

    /**
     * @param maxPending maximum number of acknowledgements of all channels
     */
    Registry(Settings settings, int maxPending) {
      this.settings = settings;
      this.maxPending = maxPending;
    }

    @Override
    public synchronized long acknowledge(UUID id) {
      Channel c = channels.computeIfAbsent(id, _ -> new Channel());
      c.pending.add(++c.issued);
      pending++;
      if (c.pending.size() > settings.pending) {
        c.pending.removeFirst();
        pending--;
      }
      while (channels.size() > settings.partitions || pending > maxPending && channels.size() > 1) {
        Map.Entry<UUID, Channel> eldest = channels.firstEntry();
        channels.remove(eldest.getKey());
        pending -= eldest.getValue().pending.size();
      }
      if (pending > maxPending) {
        c.pending.removeFirst();
        pending--;
      }
      return c.issued;
    }

    @Override
    public synchronized Map<Long, Boolean> query(UUID id, List<Long> numbers) {
      Channel c = channels.get(id);
      Map<Long, Boolean> out = new LinkedHashMap<>();
      for (Long n : numbers) {
        boolean delivered = c != null && c.pending.remove(n);
        if (delivered) {
          pending--;
        }
        out.merge(n, delivered, Boolean::logicalOr);
      }
      return out;
    }
  }
}
