/** Targets from Vultr. */
@NullMarked
package dev.tethys.collect.discovery.vultr;

import org.jspecify.annotations.NullMarked;
