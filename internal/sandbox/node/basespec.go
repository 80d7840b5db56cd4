package node

// Bundle is where the sandbox's certificates appear inside every container, so
// that an image trusts the sandbox's internet without being made for it.
const Bundle = "/etc/ssl/certs/ca-certificates.crt"

// SimulatedLabel tells simulated nodes and pods ("true") from real ones.
const SimulatedLabel = "groundwork.dev/simulated"

// baseSpec is the OCI runtime specification that containerd starts every
// container's from: its own default plus one mount, the certificates.
func (p Paths) baseSpec() map[string]any {
	mount := func(to, kind, from string, options ...string) map[string]any {
		return map[string]any{"destination": to, "type": kind, "source": from, "options": options}
	}
	capabilities := []string{
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
	}
	var namespaces []map[string]any
	for _, kind := range []string{"pid", "ipc", "uts", "mount", "network"} {
		namespaces = append(namespaces, map[string]any{"type": kind})
	}
	return map[string]any{
		"ociVersion": "1.2.1",
		"root":       map[string]any{"path": "rootfs"},
		"process": map[string]any{
			"cwd": "/", "noNewPrivileges": true, "user": map[string]any{"uid": 0, "gid": 0},
			"capabilities": map[string]any{"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
		},
		"mounts": []any{
			mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
			mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
			mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
			mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
			mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
			mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
			mount("/run", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
			mount(Bundle, "bind", p.in("ca-bundle.pem"), "rbind", "ro"),
		},
		"linux": map[string]any{
			"namespaces": namespaces,
			"resources":  map[string]any{"devices": []any{map[string]any{"allow": false, "access": "rwm"}}},
			"maskedPaths": []string{
				"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
				"/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/sys/devices/virtual/powercap", "/proc/scsi",
			},
			"readonlyPaths": []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}
