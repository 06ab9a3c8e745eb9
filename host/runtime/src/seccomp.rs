//! The system call filter of agents: what no agent needs and what has most often broken kernels open is not there.
//!
//! A list of what is denied, not of what is allowed: agents bring native code of any kind. Denied calls answer `ENOSYS`, as
//! on a kernel without them, so that programs take their other way (the C library falls back from `clone3` to `clone`, whose
//! flags can be looked at). The list follows the calls that Docker's default profile keeps for privileged containers
//! (docs.docker.com/engine/security/seccomp).

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Whatever the arguments are.
const DENIED: &[libc::c_long] = &[
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_clone3,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    // The kernel itself.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    // Kernel keyrings know no namespaces.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Clocks, and files by handle instead of by path.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_open_by_handle_at,
];

/// Flags of `clone` that make a namespace.
const NAMESPACES: libc::c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Writes the filter for this machine as bubblewrap reads it: the kernel's `sock_filter`s, one after the other.
pub(crate) fn write_filter(path: &Path) -> io::Result<()> {
    let program = filter().map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for step in program {
        bytes.extend(step.code.to_ne_bytes());
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
    }
    std::fs::write(path, bytes)
}

fn filter() -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    let makes_one = |flag: u32| {
        let flag = u64::from(flag);
        SeccompRule::new(vec![SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?])
    };
    let flags = (0..u32::BITS).map(|bit| 1 << bit).filter(|flag| NAMESPACES.cast_unsigned() & flag != 0);
    rules.insert(libc::SYS_clone, flags.map(makes_one).collect::<Result<_, _>>()?);
    let no_such_call = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, no_such_call, std::env::consts::ARCH.try_into()?)?;
    filter.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_a_whole_number_of_steps_that_the_kernel_takes() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("filter");
        write_filter(&path).expect("written");
        let length = std::fs::metadata(path).expect("there").len();
        assert_eq!(length % 8, 0);
        assert!((1..=4096).contains(&(length / 8)), "{} steps", length / 8);
    }
}
