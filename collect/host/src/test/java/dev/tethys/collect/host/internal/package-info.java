@NullMarked
package dev.tethys.collect.host.internal;

import org.jspecify.annotations.NullMarked;
