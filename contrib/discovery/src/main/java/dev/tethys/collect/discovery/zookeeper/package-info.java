/** Targets from nodes of ZooKeeper: server sets and Nerve. */
@NullMarked
package dev.tethys.collect.discovery.zookeeper;

import org.jspecify.annotations.NullMarked;
