package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.dispatch.Turns;
import java.util.List;

/** What notifying and showing want to know of a cluster. */
public interface ClusterView extends Turns {
  /** {@code settling} or {@code ready}. */
  String status();

  /** Our own name. */
  String name();

  /** The members in order of their names, we among them. */
  List<Node> members();
}
