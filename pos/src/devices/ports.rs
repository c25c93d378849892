//! The serial ports of this machine.

use std::path::Path;

use serialport::SerialPortType;

/// A serial port that a device may be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// What a setting names. It stays the same when plugs change places, where the system offers that.
    pub path: String,
    /// What is plugged in there, if it says so.
    pub name: String,
}

/// The ports that there are now; none where the system cannot say.
pub fn ports() -> Vec<Port> {
    // serialport panics without this folder, which some containers have not.
    if cfg!(target_os = "linux") && !Path::new("/sys/class/tty").is_dir() {
        return Vec::new();
    }
    let stable = stable_names(Path::new("/dev/serial/by-id"));
    let found = serialport::available_ports().unwrap_or_default();
    let mut ports: Vec<Port> = found
        .into_iter()
        .map(|port| {
            let name = match port.port_type {
                SerialPortType::UsbPort(usb) => {
                    let words = [usb.manufacturer, usb.product, Some(format!("{:04x}:{:04x}", usb.vid, usb.pid))];
                    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
                }
                SerialPortType::BluetoothPort => "Bluetooth".into(),
                SerialPortType::PciPort | SerialPortType::Unknown => String::new(),
            };
            let own = stable.iter().find(|(_, device)| Path::new(&port.port_name) == device);
            Port { path: own.map_or(port.port_name, |(link, _)| link.clone()), name }
        })
        .collect();
    ports.sort_by(|a, b| a.path.cmp(&b.path));
    ports.dedup();
    ports
}

/// Links that name a device by what it is, and the device that each leads to.
fn stable_names(dir: &Path) -> Vec<(String, std::path::PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let device = entry.path().canonicalize().ok()?;
            Some((entry.path().to_str()?.to_owned(), device))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_no_port() {
        assert_eq!(stable_names(Path::new("/nowhere/at/all")), []);
    }

    #[test]
    fn each_port_is_named_once() {
        let ports = ports();
        assert!(ports.windows(2).all(|pair| pair[0].path < pair[1].path), "{ports:?}");
    }
}
