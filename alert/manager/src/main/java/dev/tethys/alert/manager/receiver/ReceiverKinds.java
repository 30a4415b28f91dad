package dev.tethys.alert.manager.receiver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** All notification integrations by name, from the core and from modules. */
public final class ReceiverKinds {
  public static final List<ReceiverKind> ALL = all();

  private ReceiverKinds() {}

  private static List<ReceiverKind> all() {
    List<ReceiverKind> all =
        new ArrayList<>(List.of(new Email(), new Pagerduty(), new Slack(), new Webhook()));
    ServiceLoader.load(ReceiverKind.class).forEach(all::add);
    all.sort(Comparator.comparing(ReceiverKind::name));
    return List.copyOf(all);
  }
}
