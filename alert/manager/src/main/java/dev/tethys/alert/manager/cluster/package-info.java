/** Cluster of Alertmanagers: membership and gossip in memberlist's protocol. */
@NullMarked
package dev.tethys.alert.manager.cluster;

import org.jspecify.annotations.NullMarked;
