/** The role {@code demo}: starts the parts of the shop, generates load and shows faults. */
@NullMarked
package dev.tethys.demo.role;

import org.jspecify.annotations.NullMarked;
