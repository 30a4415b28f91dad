/** CPU profiles of all processes: samples of the kernel, names of their functions. */
@NullMarked
package dev.tethys.collect.observe.profile;

import org.jspecify.annotations.NullMarked;
