package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.config.ReceiverConfig;
import dev.tethys.alert.manager.receiver.Notifier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One integration of a receiver.
 *
 * @param index position among integrations of the same kind
 */
public record Integration(
    String receiver, String kind, int index, boolean sendResolved, Notifier notifier) {
  /** Creates the sender of an integration. */
  @FunctionalInterface
  public interface Opener {
    Notifier open(ReceiverConfig receiver, ReceiverConfig.Integration one) throws IOException;
  }

  /** Returns all integrations of a configuration, by receiver name. */
  public static Map<String, List<Integration>> of(AlertmanagerConfig config, Opener opener)
      throws IOException {
    Map<String, List<Integration>> out = new LinkedHashMap<>();
    for (ReceiverConfig r : config.receivers().values()) {
      List<Integration> all = new ArrayList<>();
      for (ReceiverConfig.Integration i : r.all()) {
        all.add(
            new Integration(
                r.name(),
                i.kind().name(),
                i.index(),
                i.kind().sendsResolved(i.settings()),
                opener.open(r, i)));
      }
      out.put(r.name(), List.copyOf(all));
    }
    return out;
  }

  /** Returns the name of an integration for users: team/email[0]. */
  public static String name(ReceiverConfig receiver, ReceiverConfig.Integration one) {
    return name(receiver.name(), one.kind().name(), one.index());
  }

  private static String name(String receiver, String kind, int index) {
    return receiver + "/" + kind + "[" + index + "]";
  }

  @Override
  public String toString() {
    return name(receiver, kind, index);
  }
}
