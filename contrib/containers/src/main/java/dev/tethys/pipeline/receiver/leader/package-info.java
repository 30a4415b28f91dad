/** Receivers that run on one of several replicas, the leader. */
@NullMarked
package dev.tethys.pipeline.receiver.leader;

import org.jspecify.annotations.NullMarked;
