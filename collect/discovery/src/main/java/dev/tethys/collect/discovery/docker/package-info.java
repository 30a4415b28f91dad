/** Targets from a Docker daemon: containers, and nodes, services and tasks of a swarm. */
@NullMarked
package dev.tethys.collect.discovery.docker;

import org.jspecify.annotations.NullMarked;
