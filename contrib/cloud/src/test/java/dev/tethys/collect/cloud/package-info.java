@NullMarked
package dev.tethys.collect.cloud;

import org.jspecify.annotations.NullMarked;
