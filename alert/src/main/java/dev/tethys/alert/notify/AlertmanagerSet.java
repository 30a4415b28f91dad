package dev.tethys.alert.notify;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Alertmanagers of one configuration entry, each with its queue. Guarded by the {@link Notifier}.
 */
final class AlertmanagerSet {
  private static final System.Logger LOG = JulLogger.of(AlertmanagerSet.class.getName());
  private static final String SCHEME = "__scheme__";
  private static final String PATH = "__alerts_path__";
  private static final String ADDRESS = "__address__";

  private final AlertmanagerConfig config;
  private final Function<URI, AlertQueue> queueOf;
  private Map<URI, AlertQueue> queues = new LinkedHashMap<>();
  private List<String> dropped = List.of();

  AlertmanagerSet(AlertmanagerConfig config, Function<URI, AlertQueue> queueOf) {
    this.config = config;
    this.queueOf = queueOf;
  }

  AlertmanagerConfig config() {
    return config;
  }

  List<URI> urls() {
    return List.copyOf(queues.keySet());
  }

  List<String> dropped() {
    return dropped;
  }

  Map<URI, AlertQueue> queues() {
    return queues;
  }

  /**
   * Applies the discovered targets: new ones get a queue; the queues of removed ones are returned.
   */
  List<AlertQueue> sync(List<TargetGroup> groups) {
    List<String> without = new ArrayList<>();
    Map<URI, AlertQueue> next = new LinkedHashMap<>();
    Map<URI, AlertQueue> former = new LinkedHashMap<>(queues);
    for (TargetGroup g : groups) {
      for (Labels target : g.targets()) {
        LabelsBuilder b = discovered(config, target, g.labels());
        Labels before = b.build();
        if (!config.relabeling().apply(b)) {
          without.add(text(before.toBuilder()));
          continue;
        }
        try {
          URI url = url(b);
          if (!next.containsKey(url)) {
            AlertQueue known = former.remove(url);
            next.put(url, known == null ? queueOf.apply(url) : known);
          }
        } catch (IllegalArgumentException e) {
          LOG.log(Level.ERROR, "Ignored a discovered Alertmanager: {0}", e.getMessage());
        }
      }
    }
    queues = next;
    dropped = List.copyOf(without);
    return List.copyOf(former.values());
  }

  /** Returns the labels of an Alertmanager before relabelling. */
  static LabelsBuilder discovered(AlertmanagerConfig config, Labels target, Labels group) {
    LabelsBuilder b = new LabelsBuilder(target).set(SCHEME, config.scheme());
    b.set(PATH, config.path());
    for (Labels.Label l : group.toList()) {
      if (!target.has(l.name())) {
        b.set(l.name(), l.value());
      }
    }
    return b;
  }

  private static String text(LabelsBuilder b) {
    return b.get(SCHEME) + "://" + b.get(ADDRESS) + b.get(PATH);
  }

  /**
   * Builds the URL of an Alertmanager from its target labels.
   *
   * @throws IllegalArgumentException if the labels do not form an address
   */
  static URI url(LabelsBuilder b) {
    String address = b.get(ADDRESS);
    if (address.isEmpty()) {
      throw new IllegalArgumentException("no address");
    }
    if (address.indexOf('/') >= 0) {
      throw new IllegalArgumentException("\"" + address + "\" is not a valid hostname");
    }
    try {
      return new URI(text(b));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
    }
  }

  void send(List<Notification> alerts) {
    if (queues.isEmpty()) {
      return;
    }
    List<Notification> mine = new ArrayList<>(alerts.size());
    for (Notification n : alerts) {
      Labels l = config.alertRelabeling().apply(n.labels());
      if (l != null) {
        mine.add(n.with(l));
      }
    }
    if (!mine.isEmpty()) {
      queues.values().forEach(q -> q.add(mine));
    }
  }

  /** Takes over the queued alerts of the set that this one replaces. */
  void takeOver(AlertmanagerSet former) throws InterruptedException {
    for (Map.Entry<URI, AlertQueue> e : former.queues.entrySet()) {
      AlertQueue mine = queueOf.apply(e.getKey());
      mine.takeOver(e.getValue());
      queues.put(e.getKey(), mine);
    }
    dropped = former.dropped;
  }
}
