/** Targets from the services of Consul, followed by blocking queries. */
@NullMarked
package dev.tethys.collect.discovery.consul;

import org.jspecify.annotations.NullMarked;
