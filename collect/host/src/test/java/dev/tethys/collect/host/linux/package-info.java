@NullMarked
package dev.tethys.collect.host.linux;

import org.jspecify.annotations.NullMarked;
