/** Targets from OpenStack. */
@NullMarked
package dev.tethys.collect.discovery.openstack;

import org.jspecify.annotations.NullMarked;
