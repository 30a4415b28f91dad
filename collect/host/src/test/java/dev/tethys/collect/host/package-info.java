@NullMarked
package dev.tethys.collect.host;

import org.jspecify.annotations.NullMarked;
