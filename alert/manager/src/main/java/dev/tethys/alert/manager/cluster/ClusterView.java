package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.dispatch.ClusterPosition;
import java.util.List;

/** What notifying and showing want to know of a cluster. */
public interface ClusterView extends ClusterPosition {
  /** {@code settling} or {@code ready}. */
  String status();

  /** Our own name. */
  String name();

  /** The members in order of their names, we among them. */
  List<ClusterNode> members();
}
