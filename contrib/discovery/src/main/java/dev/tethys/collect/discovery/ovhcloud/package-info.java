/** Targets from OVHcloud: virtual and dedicated servers. */
@NullMarked
package dev.tethys.collect.discovery.ovhcloud;

import org.jspecify.annotations.NullMarked;
