package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.dispatch.ClusterPosition;
import java.util.List;

/** View of the cluster for notifications and the status page. */
public interface ClusterView extends ClusterPosition {
  /** {@code settling} or {@code ready}. */
  String status();

  /** Our own name. */
  String name();

  /** The members in order of their names, including this one. */
  List<ClusterNode> members();
}
