package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;

/**
 * Type of receiver integration, such as {@code slack}: the keys of {@code slack_configs} and the
 * client of the service. Instances are stateless; the settings of a configuration entry are in its
 * {@link YamlObject}.
 */
public abstract class ReceiverKind {
  private final String name;
  protected final Section section;
  private final Key<Boolean> sendResolved;

  protected ReceiverKind(String name, boolean sendResolved, String doc) {
    this.name = name;
    this.section = new Section(name + "_config", doc);
    this.sendResolved =
        section.key(
            "send_resolved",
            Type.BOOL,
            sendResolved,
            "If true, resolved alerts are notified, too.");
  }

  /** Returns the name in metrics and logs. */
  public String name() {
    return name;
  }

  /** Returns the key of the list of these integrations in a receiver. */
  public String key() {
    return name + "_configs";
  }

  public Section section() {
    return section;
  }

  /** Whether resolved alerts are notified. */
  public boolean sendsResolved(YamlObject o) {
    return o.get(sendResolved);
  }

  /**
   * Checks conditions beyond the types of single keys.
   *
   * @throws dev.tethys.config.ConfigException if an entry is wrong
   */
  public abstract void check(YamlObject o, GlobalConfig g);

  /**
   * Creates the notifier.
   *
   * @throws IOException if a file that is read immediately, such as a certificate, cannot be read
   */
  public abstract Notifier open(YamlObject o, GlobalConfig g, NotifierContext context)
      throws IOException;

  /** Reads a map inside an entry with all its values. */
  public static YamlObject whole(YamlObject o) {
    o.readAll();
    return o;
  }

  /** Refuses two keys that are mutually exclusive. */
  public static void atMostOne(YamlObject o, Key<?> a, Key<?> b) {
    if (isSet(o, a) && isSet(o, b)) {
      throw o.error(b, "at most one of " + a.name() + " & " + b.name() + " must be configured");
    }
  }

  /** Refuses an entry that has neither key, or both. */
  public static void exactlyOne(YamlObject o, Key<?> a, Key<?> b) {
    if (!isSet(o, a) && !isSet(o, b)) {
      throw o.error("one of " + a.name() + " or " + b.name() + " must be configured");
    }
    atMostOne(o, a, b);
  }

  /** Whether a key has a non-empty value. */
  public static boolean isSet(YamlObject o, Key<?> key) {
    Object v = o.find(key);
    return switch (v) {
      case null -> false;
      case String s -> !s.isEmpty();
      case dev.tethys.config.Secret s -> !s.isEmpty();
      case Long n -> n != 0;
      default -> true;
    };
  }
}
