/** Targets from virtual machines of Azure. */
@NullMarked
package dev.tethys.collect.discovery.azure;

import org.jspecify.annotations.NullMarked;
